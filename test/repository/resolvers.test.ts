/** The resolvers that come with the package, each in real merges of two branches. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/contract/engine-description.ts';
import { newRepository, type TestRepository } from '../support/repository.ts';

const things = `CREATE TABLE things (
    id text PRIMARY KEY,
    balance numeric(15,2) CHECK (balance >= 0),
    seen date,
    note text,
    tags text[],
    double_balance numeric GENERATED ALWAYS AS (balance * 2) STORED
);
CREATE FUNCTION put(i text, b numeric(15,2), s date, n text, t jsonb) RETURNS void AS $$
BEGIN
    MERGE INTO things USING (VALUES (i)) AS given (id) ON things.id = given.id
    WHEN MATCHED THEN UPDATE SET balance = b, seen = s, note = n, tags = _texts(t)
    WHEN NOT MATCHED THEN INSERT (id, balance, seen, note, tags) VALUES (i, b, s, n, _texts(t));
END
$$;
CREATE FUNCTION remove(i text) RETURNS void AS $$ BEGIN DELETE FROM things WHERE id = i; END $$;
`;
const texts = `CREATE FUNCTION _texts(list jsonb) RETURNS text AS $$
DECLARE found text[] := '{}'; element text;
BEGIN
    FOR element IN SELECT jsonb_array_elements_text(list) LOOP found := array_append(found, element); END LOOP;
    RETURN found::text;
END
$$;
`;

const resolver = (name: string): string =>
  readFileSync(join(packageRoot(), 'templates', 'resolvers', `${name}.sql`), 'utf8');
const sourceWith = (name: string): string =>
  `${texts}${things.replaceAll('_texts(t)', '_texts(t)::text[]')}${resolver(name)}`;

/** balance, seen, note, tags; null: there is no such row. */
type Cells = readonly [string | null, string | null, string | null, string] | null;

interface Case {
  readonly base: Cells;
  readonly ours: Cells;
  readonly theirs: Cells;
}

/** Brings the rows named after the cases to how one side has them. */
async function write(
  { repository, admin: key }: TestRepository,
  on: string,
  names: readonly string[],
  side: keyof Case,
): Promise<void> {
  const lines = names.flatMap((name) => {
    const cells = cases[name]?.[side] ?? null;
    if (cells !== null)
      return JSON.stringify({ kind: 'call', contract: 'shop', function: 'put', args: [name, ...cells] });
    return side === 'base' ? [] : JSON.stringify({ kind: 'call', contract: 'shop', function: 'remove', args: [name] });
  });
  if (lines.length > 0) await repository.submit(lines, { sealer: key, key, on });
}

interface Merged {
  /** What the rows are afterwards; null: there is none. */
  readonly rows: Readonly<Record<string, unknown>>;
  /** Why rows are left to people. */
  readonly left: Readonly<Record<string, unknown>>;
}

/** Merges the two sides of some cases, each a row of its own. */
async function merged(
  name: string,
  names: readonly string[],
  [mine, other]: readonly ('ours' | 'theirs')[],
): Promise<Merged> {
  const test = await newRepository();
  const { repository, admin } = test;
  await repository.deploy({ name: 'shop', source: sourceWith(name), key: admin });
  await write(test, 'main', names, 'base');
  await repository.createBranch('side', '@', { mergeContract: 'shop.resolve' });
  await write(test, 'side', names, other ?? 'theirs');
  await write(test, 'main', names, mine ?? 'ours');
  const result = await repository.merge({ source: 'side', sealer: admin });
  if (!result.pending) await repository.verify();
  const rows: Record<string, unknown> = {};
  for (const id of result.pending ? [] : names) {
    const row = (await repository.get('shop.things', [id]))?.row;
    rows[id] = row === undefined ? null : [row.balance, row.seen, row.note, row.tags, row.double_balance];
  }
  const left = (result.conflicts?.left ?? []).map((one) => [one.key[0], one.kind === 'row' ? one.left : one.kind]);
  return { rows, left: Object.fromEntries(left) };
}

const base: Cells = ['100', '2026-01-05', 'x', '["a","b"]'];
const cases: Readonly<Record<string, Case>> = {
  'different columns': {
    base,
    ours: ['90', '2026-01-05', 'x', '["a","b"]'],
    theirs: ['100', '2026-01-07', 'y', '["a","b"]'],
  },
  'one amount': { base, ours: ['90', '2026-01-05', 'x', '["a","b"]'], theirs: ['130', '2026-01-05', 'x', '["a","b"]'] },
  'one date': { base, ours: ['100', '2026-01-09', 'x', '["a","b"]'], theirs: ['100', '2026-01-10', 'x', '["a","b"]'] },
  'one list': {
    base,
    ours: ['100', '2026-01-05', 'x', '["b","z"]'],
    theirs: ['100', '2026-01-05', 'x', '["a","b","c"]'],
  },
  'a removed row': { base, ours: null, theirs: ['130', '2026-01-05', 'x', '["a","b"]'] },
  'a row of both': { base: null, ours: ['10', null, 'x', '[]'], theirs: ['20', null, 'x', '[]'] },
  'a sum below 0': {
    base,
    ours: ['20', '2026-01-05', 'x', '["a","b"]'],
    theirs: ['30', '2026-01-05', 'x', '["a","b"]'],
  },
};

const both = (column: string): RegExp => new RegExp(`^${column} was changed on both sides$`);
const deleted = /^deleted on one side, changed on the other$/;

const expected: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  ours: {
    'one amount': ['90.00', '2026-01-05', 'x', '{a,b}', '180.00'],
    'a removed row': null,
  },
  theirs: {
    'one amount': ['130.00', '2026-01-05', 'x', '{a,b}', '260.00'],
    'a removed row': ['130.00', '2026-01-05', 'x', '{a,b}', '260.00'],
  },
  cells: {
    'different columns': ['90.00', '2026-01-07', 'y', '{a,b}', '180.00'],
    'one amount': both('balance'),
    'a removed row': deleted,
  },
  additive: {
    'different columns': ['90.00', '2026-01-07', 'y', '{a,b}', '180.00'],
    'one amount': ['120.00', '2026-01-05', 'x', '{a,b}', '240.00'],
    'one date': both('seen'),
    'a row of both': ['30.00', null, 'x', '{}', '60.00'],
    'a sum below 0': /does not fit: CHECK things_balance_check does not hold/,
    'a removed row': deleted,
  },
  greatest: {
    'one amount': ['130.00', '2026-01-05', 'x', '{a,b}', '260.00'],
    'one date': ['100.00', '2026-01-10', 'x', '{a,b}', '200.00'],
    'a removed row': ['130.00', '2026-01-05', 'x', '{a,b}', '260.00'],
  },
  least: {
    'one amount': ['90.00', '2026-01-05', 'x', '{a,b}', '180.00'],
    'one date': ['100.00', '2026-01-09', 'x', '{a,b}', '200.00'],
    'a removed row': null,
  },
  append: {
    'one list': ['100.00', '2026-01-05', 'x', '{a,b,c,z}', '200.00'],
    'one amount': both('balance'),
    'a removed row': ['130.00', '2026-01-05', 'x', '{a,b}', '260.00'],
  },
};

const symmetric = ['cells', 'additive', 'greatest', 'least', 'append'];

describe.each(Object.keys(expected))('the resolver %s', { timeout: 120_000 }, (name) => {
  const all = Object.entries(expected[name] ?? {});
  const settled = all.filter(([, wanted]) => !(wanted instanceof RegExp));
  const left = all.filter(([, wanted]) => wanted instanceof RegExp);
  const names = (some: typeof all): string[] => some.map(([what]) => what);

  it('settles what it can; and the same, whichever side is ours, where it says so', async () => {
    const wanted = { rows: Object.fromEntries(settled), left: {} };
    expect(await merged(name, names(settled), ['ours', 'theirs'])).toEqual(wanted);
    if (symmetric.includes(name)) expect(await merged(name, names(settled), ['theirs', 'ours'])).toEqual(wanted);
  });

  if (left.length === 0) return;
  it('leaves the rest to people, and says why', async () => {
    const found = await merged(name, names(left), ['ours', 'theirs']);
    expect(Object.keys(found.left).sort()).toEqual(names(left).sort());
    for (const [what, wanted] of left) expect(found.left[what]).toMatch(wanted as RegExp);
  });
});
