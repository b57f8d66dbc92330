/** Tests of contracts: each on the same rows, nothing stays; and the templates' own tests. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { emptyPlace, testContract } from '../../src/contract/contract-test.ts';
import { engineFiles, packageRoot } from '../../src/contract/engine-description.ts';
import { acceptContract } from '../../src/contract/gate.ts';
import { mergeLogicHash } from '../../src/contract/merge-logic.ts';

const source = `CREATE TABLE t (k text PRIMARY KEY, author text NOT NULL, at timestamptz NOT NULL);
CREATE FUNCTION put(k text) RETURNS text AS $$
BEGIN
  IF k = 'bad' THEN RAISE EXCEPTION 'bad is not put'; END IF;
  INSERT INTO t VALUES (put.k, aergo.author(), now());
  RETURN 'OK';
END $$;
CREATE FUNCTION _secret() RETURNS text LANGUAGE sql AS 'SELECT ''s''';`;

const run = async (tests: string, contract = source) =>
  (await testContract({ name: 'box', source: contract, tests }, emptyPlace(1_000), () => 0)).map(
    ({ time_ms: _, ...result }) => result,
  );

const fn = (name: string, body: string, returns = 'void') =>
  `CREATE FUNCTION ${name}() RETURNS ${returns} AS $$ BEGIN ${body} END $$;\n`;

describe('tests of a contract', { timeout: 60_000 }, () => {
  it('pass or fail each by itself, on the same rows, in the order of the file', async () => {
    const results = await run(
      fn('test_one', "PERFORM put('a'); ASSERT (SELECT count(*) FROM t) = 1; ASSERT _secret() = 's';") +
        fn('test_two', "ASSERT NOT EXISTS (SELECT FROM t), 'something stayed'; PERFORM put('a');") +
        fn('test_assert', "ASSERT 1 = 2, 'one is not two';") +
        fn('test_raise', "PERFORM put('bad');") +
        fn('test_constraint', "PERFORM put('a'); PERFORM put('a');") +
        fn('test_true', 'RETURN true;', 'boolean') +
        fn('test_false', 'RETURN 1 = 2;', 'boolean') +
        fn('_helper', "RAISE EXCEPTION 'not run';") +
        fn('other', "RAISE EXCEPTION 'not run';") +
        'CREATE FUNCTION test_argument(a text) RETURNS void AS $$ BEGIN END $$;' +
        fn('test_last', "PERFORM put('a');"),
    );
    expect(results).toEqual([
      { name: 'test_one', status: 'passed' },
      { name: 'test_two', status: 'passed' },
      { name: 'test_assert', status: 'failed', message: 'one is not two', sqlstate: 'P0004', line: 3 },
      { name: 'test_raise', status: 'failed', message: 'bad is not put', sqlstate: 'P0001', line: 4 },
      {
        name: 'test_constraint',
        status: 'failed',
        message: expect.stringContaining('unique'),
        sqlstate: '23505',
        line: 5,
      },
      { name: 'test_true', status: 'passed' },
      { name: 'test_false', status: 'failed', message: 'it did not return true' },
      { name: 'test_argument', status: 'failed', message: 'a test takes no arguments' },
      { name: 'test_last', status: 'passed' },
    ]);
  });

  it('that fail say at which line, also in a body of many and behind a call', async () => {
    const results = await run(`-- a comment
CREATE FUNCTION test_long() RETURNS void
AS $test$
DECLARE
  n int4 := 1;
BEGIN
  PERFORM put('a');
  ASSERT n = 2,
    'not two';
END
$test$;

CREATE FUNCTION test_behind() RETURNS void AS '
BEGIN
  PERFORM _fails();
END';
CREATE FUNCTION _fails() RETURNS void AS $$ BEGIN

  PERFORM 1 / 0; END $$;
CREATE FUNCTION test_sql() RETURNS int4 LANGUAGE sql AS 'SELECT 1 / length('''')';
`);
    expect(results).toMatchObject([
      { name: 'test_long', line: 8, message: 'not two' },
      { name: 'test_behind', line: 15, message: 'division by zero' },
      { name: 'test_sql', status: 'failed' },
    ]);
    expect(results[2]).not.toHaveProperty('line');
  });

  it('choose who acts, and see the clock of their block; a test that does not end leaves the others alone', async () => {
    const results = await run(
      fn('test_endless', 'LOOP NULL; END LOOP;') +
        fn(
          'test_who',
          "PERFORM aergo.act_as('ada'); PERFORM put('a'); PERFORM aergo.act_as('bob'); PERFORM put('b'); ASSERT (SELECT string_agg(author, ' ' ORDER BY k) FROM t) = 'ada bob'; ASSERT now() = '1970-01-01 00:00:01+00';",
        ) +
        fn('test_who_again', "ASSERT aergo.author() LIKE 'ed25519:%';"),
    );
    expect(results).toMatchObject([
      { status: 'failed', message: 'it took longer than a transaction may' },
      { status: 'passed' },
      { status: 'passed' },
    ]);
  });

  it('need a contract that could be deployed, tests, and a place for every line that fails', async () => {
    await expect(run(fn('test_x', ''), `${source} CREATE TABLE u (k real PRIMARY KEY);`)).rejects.toMatchObject({
      code: 'AERGO_CONTRACT_REFUSED',
    });
    await expect(run(fn('other', ''))).rejects.toMatchObject({ code: 'AERGO_CONTRACT_TEST', exitCode: 2 });
    await expect(run(`\n${fn('test_x', '', 'nothing_known')}`)).rejects.toMatchObject({
      code: 'AERGO_CONTRACT_TEST',
      message: expect.stringMatching(/^line 2 of the tests fails: /),
    });
  });

  it('a contract cannot use what only tests have', async () => {
    await expect(
      acceptContract(source.replace("RETURN 'OK'", "PERFORM aergo.act_as('eve'); RETURN 'OK'")),
    ).rejects.toMatchObject({
      code: 'AERGO_CONTRACT_REFUSED',
    });
    expect(readFileSync(engineFiles().description, 'utf8')).not.toContain('act_as');
  });
});

describe('the template', { timeout: 60_000 }, () => {
  const names = readdirSync(join(packageRoot(), 'templates')).filter((name) => name !== 'resolvers');
  const text = (...path: string[]) => readFileSync(join(packageRoot(), ...path), 'utf8');

  it.each(names)('%s passes its own tests and has its page', async (name) => {
    const tests = text('templates', name, `${name}.test.sql`);
    const contract = text('templates', name, `${name}.sql`);
    const results = await testContract({ name, source: contract, tests }, emptyPlace(Date.UTC(2026, 0)), Date.now);
    expect(results.filter(({ status }) => status === 'failed')).toEqual([]);
    expect(results.length).toBeGreaterThanOrEqual(3);
    const page = text('docs', 'contracts', `${name}.md`);
    for (const { name: fn } of (await acceptContract(contract)).functions)
      if (!fn.startsWith('_')) expect(page).toContain(`\`${fn}(`);
    expect(text('docs', 'contracts', 'README.md')).toContain(`[${name}](${name}.md)`);
  });

  const resolvers = readdirSync(join(packageRoot(), 'templates', 'resolvers')).flatMap(
    (file) => /^([a-z]+)\.sql$/.exec(file)?.[1] ?? [],
  );

  it.each(resolvers)(
    'of a resolver, %s, passes its own tests behind a contract, can be a merge logic and is described',
    async (name) => {
      const behind = (ending: string) =>
        text('templates', 'bank', `bank${ending}`) + text('templates', 'resolvers', `${name}${ending}`);
      const [source, tests] = [behind('.sql'), behind('.test.sql')];
      const results = await testContract({ name: 'bank', source, tests }, emptyPlace(Date.UTC(2026, 0)), Date.now);
      expect(results.filter(({ status }) => status === 'failed')).toEqual([]);
      expect(results.some((result) => result.name.startsWith(`test_${name}_`))).toBe(true);
      expect(await mergeLogicHash(source, 'resolve')).toMatch(/^[0-9a-f]{64}$/);
      expect(text('docs', 'contracts', 'resolvers.md')).toContain(`| \`${name}\` |`);
    },
  );
});
