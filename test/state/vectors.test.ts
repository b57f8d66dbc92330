import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { plainTree } from './plain-tree.ts';
import { changesOf, vectorFiles } from './vector-cases.ts';

const read = (file: string) =>
  JSON.parse(readFileSync(new URL(`../../fixtures/format/${file}`, import.meta.url), 'utf8'));

describe('the format is frozen', () => {
  test.each([...vectorFiles])('as %s has it', (file, vectors) => {
    expect(vectors()).toEqual(read(file));
  });

  test('with trees that the words of the format give, without the writer of this program', () => {
    const { histories } = read('state-trees.json');
    expect(histories.length).toBeGreaterThan(0);
    for (const history of histories) {
      const rows = new Map<string, string>();
      for (const step of history) {
        for (const { name, line } of changesOf(step)) {
          if (line === null) rows.delete(name);
          else rows.set(name, line);
        }
        const sorted = [...rows].map(([name, line]) => ({ name, line })).sort((a, b) => (a.name < b.name ? -1 : 1));
        const { oid, mode, levels } = plainTree(sorted);
        expect({ oid, mode, levels }).toEqual({ oid: step.oid, mode: step.mode, levels: step.levels });
      }
    }
  });

  test('with an insertion that shifts an end across pages, a deletion that merges pages, and a root that falls to a page', () => {
    const [, pages, levels] = read('state-trees.json').histories;
    const oids = (at: number) => pages[at].pages.map(([, oid]: [string, string]) => oid);
    const fresh = oids(1).filter((oid: string) => !oids(0).includes(oid));
    expect(fresh.length).toBeGreaterThanOrEqual(2);
    expect(pages[2].oid).toBe(pages[0].oid);
    expect(pages[3].count).toBe(pages[2].count - 1);
    expect(pages.at(-1)).toMatchObject({ mode: '100644', levels: 0 });
    expect(levels.map((step: { levels: number }) => step.levels)).toEqual([3, 3, 3, 2, 0]);
  });
});
