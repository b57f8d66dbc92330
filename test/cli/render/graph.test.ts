import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawGraph } from '../../../src/cli/render/graph.ts';

const draw = (...nodes: [id: string, ...parents: string[]][]) =>
  [...drawGraph(nodes.map(([id, ...parents]) => ({ id, parents, text: id })))].join('\n');

test('a line of blocks is drawn below each other', () => {
  expect(draw(['c', 'b'], ['b', 'a'], ['a'])).toBe('* c\n* b\n* a');
});

test('a merge opens a lane and its base closes it', () => {
  expect(draw(['m', 'b', 'w'], ['b', 'a'], ['w', 'a'], ['a'])).toBe(
    ['* m', '|\\', '* | b', '| * w', '|/', '* a'].join('\n'),
  );
});

test('two merges of one branch keep their lanes apart', () => {
  const text = draw(['m2', 'm1', 'w2'], ['m1', 'b', 'w1'], ['w2', 'w1'], ['b', 'a'], ['w1', 'a'], ['a']);
  const lines = ['* m2', '|\\', '* | m1', '|\\|', '| |\\', '| * | w2', '* | | b', '| |/', '| * w1', '|/', '* a'];
  expect(text).toBe(lines.join('\n'));
});

test('branches that no merge joins are drawn beside each other', () => {
  expect(draw(['b', 'a'], ['w', 'a'], ['a'])).toBe(['* b', '| * w', '|/', '* a'].join('\n'));
});

test('every block is drawn once, in order, whatever the graph', () => {
  const graph = fc.array(fc.uniqueArray(fc.nat(), { maxLength: 2 }), { minLength: 1, maxLength: 30 });
  fc.assert(
    fc.property(graph, (choices) => {
      const nodes = choices.map((parents, index) => {
        const older = choices.length - 1 - index;
        const ids = older === 0 ? [] : parents.map((parent) => String(index + 1 + (parent % older)));
        return { id: String(index), parents: [...new Set(ids)], text: `<${index}>` };
      });
      const lines = [...drawGraph(nodes)];
      const drawn = lines.flatMap((line) => /<(\d+)>/.exec(line)?.[1] ?? []);
      expect(drawn).toEqual(nodes.map((node) => node.id));
      for (const line of lines) expect(line.match(/\*/g)?.length ?? 0).toBe(line.includes('<') ? 1 : 0);
    }),
  );
});
