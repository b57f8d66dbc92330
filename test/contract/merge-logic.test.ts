import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { withNearest } from '../../src/cli/did-you-mean.ts';
import { acceptContract } from '../../src/contract/gate.ts';
import { isMergeCheck, mergeLogicHash } from '../../src/contract/merge-logic.ts';
import type { AergoError } from '../../src/errors.ts';

const resolver = `CREATE FUNCTION resolve(table_name text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
BEGIN RETURN _sum(ours, theirs); END $$;`;
const own = `CREATE FUNCTION _sum(a jsonb, b jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT a || b $$;`;
const source = `CREATE TABLE t (k text PRIMARY KEY);
CREATE TYPE colour AS ENUM ('red');
CREATE DOMAIN price AS numeric(5,2);
CREATE VIEW all_of_t AS SELECT k FROM t;
${own}
${resolver}
CREATE FUNCTION check_merge() RETURNS text AS $$ BEGIN RETURN NULL; END $$;
`;

describe('the hash of a merge logic', () => {
  it('is the one of the vectors', async () => {
    const file = new URL('../../fixtures/format/merge-logic.json', import.meta.url);
    const vectors = JSON.parse(readFileSync(file, 'utf8')) as { source: string; resolver: string; hash: string }[];
    expect(vectors.length).toBeGreaterThan(1);
    for (const vector of vectors) expect(await mergeLogicHash(vector.source, vector.resolver)).toBe(vector.hash);
  });

  it('changes with every function, view, type and domain as it is written, and with nothing else', async () => {
    const hash = await mergeLogicHash(source, 'resolve');
    const changed = [
      source.replace("ENUM ('red')", "ENUM ('red', 'blue')"),
      source.replace('numeric(5,2)', 'numeric(6,2)'),
      source.replace('SELECT k FROM t', 'SELECT k  FROM t'),
      source.replace('SELECT a || b', 'SELECT b || a'),
      source.replace('BEGIN RETURN NULL;', 'BEGIN /* always */ RETURN NULL;'),
      `${source}CREATE FUNCTION _more() RETURNS int4 LANGUAGE sql AS $$ SELECT 1 $$;`,
    ];
    for (const other of changed) expect(await mergeLogicHash(other, 'resolve')).not.toBe(hash);
    const same = [
      source.replace('k text PRIMARY KEY', 'k text PRIMARY KEY, more int4'),
      `-- A comment\n${source.replaceAll(';\nCREATE', ' ; \n\n/* here */ CREATE')}`,
      [resolver, own, source.replace(resolver, '').replace(own, '')].join('\n'),
    ];
    for (const other of same) expect(await mergeLogicHash(other, 'resolve')).toBe(hash);
  });

  it('is of a function that is there, takes what a resolver takes, and stays inside its contract', async () => {
    const faults: [string, string, RegExp][] = [
      [source, 'nothing', /no function nothing/],
      [source, '_sum', /_sum\(jsonb, jsonb\) RETURNS jsonb cannot settle conflicts/],
      [source.replace('theirs jsonb) RETURNS jsonb', 'theirs jsonb) RETURNS text'), 'resolve', /RETURNS text cannot/],
      [
        source.replace('BEGIN RETURN _sum', "BEGIN IF bank.rich('x') THEN RETURN NULL; END IF; RETURN _sum"),
        'resolve',
        /calls bank\.rich of another contract/,
      ],
      [
        source.replace(own, () =>
          own.replace('LANGUAGE sql AS', 'AS').replace('SELECT a || b', 'BEGIN RETURN bank.sum(a, b); END'),
        ),
        'resolve',
        /calls bank\.sum/,
      ],
    ];
    for (const [text, name, message] of faults)
      await expect(mergeLogicHash(text, name)).rejects.toMatchObject({
        code: 'AERGO_MERGE_LOGIC_INVALID',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(/write/),
      });
    // Another function of the contract may call out.
    const elsewhere = `${source}CREATE FUNCTION pay() RETURNS text AS $$ BEGIN RETURN bank.pay('x'); END $$;`;
    expect(await mergeLogicHash(elsewhere, 'resolve')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('that is not there is told with the contract, and the one that was meant', async () => {
    const fault = await mergeLogicHash(source, 'resolv', 'bank').catch(
      (error: AergoError) => withNearest(error).message,
    );
    expect(fault).toBe('bank has no function resolv: did you mean resolve?');
  });

  it('leaves the check of a merge to be told by its signature', async () => {
    const { functions } = await acceptContract(source);
    expect(functions.filter(isMergeCheck).map(({ name }) => name)).toEqual(['check_merge']);
    const other = await acceptContract(
      source.replace('check_merge() RETURNS text', 'check_merge(x text) RETURNS text'),
    );
    expect(other.functions.filter(isMergeCheck)).toEqual([]);
  });
});
