import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type NotedChange, netChanges } from '../../src/contract/net-changes.ts';
import { rowShape } from '../../src/state/row-shape.ts';

const schema = {
  columns: [
    { name: 'k', type: 'text' },
    { name: 'v', type: 'text' },
  ],
  key: ['k'],
  elements: [],
  indexes: [],
};
const table = { table: 'bank.t', shape: rowShape(schema) };

function noted(before: string | null, after: string | null): NotedChange {
  return { table, before, after };
}

it('a row that ends as it began is not among the changes', () => {
  expect(netChanges([noted('(a,1)', '(a,2)'), noted('(a,2)', '(a,1)')])).toEqual([]);
  expect(netChanges([noted(null, '(a,1)'), noted('(a,1)', null)])).toEqual([]);
});

it('a changed key is a delete and an insert', () => {
  expect(netChanges([noted('(a,1)', '(b,1)')])).toEqual([
    { table: 'bank.t', name: 'a-', before: '{"k":"a","v":"1"}\n', after: null },
    { table: 'bank.t', name: 'b-', before: null, after: '{"k":"b","v":"1"}\n' },
  ]);
});

it('the order in which changes were noted makes no difference', () => {
  const history = fc.array(fc.option(fc.constantFrom('1', '2', '3')), { minLength: 2, maxLength: 8 });
  fc.assert(
    fc.property(history, fc.infiniteStream(fc.nat()), (states, shuffle) => {
      const rows = states.map((value) => (value === null ? null : `(a,${value})`));
      const changes = rows.slice(1).flatMap((row, at) => (row === rows[at] ? [] : [noted(rows[at] ?? null, row)]));
      const keys = new Map(changes.map((change) => [change, shuffle.next().value ?? 0]));
      const shuffled = [...changes].sort((x, y) => (keys.get(x) ?? 0) - (keys.get(y) ?? 0));
      const [net] = netChanges(shuffled);
      const line = (row: string | null | undefined) => (row == null ? null : `{"k":"a","v":"${row.slice(3, -1)}"}\n`);
      const [first, last] = [line(rows[0]), line(rows.at(-1))];
      expect(net).toEqual(first === last ? undefined : { table: 'bank.t', name: 'a-', before: first, after: last });
    }),
  );
});
