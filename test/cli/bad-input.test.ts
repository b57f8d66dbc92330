import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bank } from './bank.ts';
import { World } from './world.ts';

// One ledger for all: what is refused must change nothing, so it stays the same ledger.
const world = new World();
const before = { refs: '' };
const refs = () => readFileSync(join(world.cwd, '.aergo', 'refs'), 'utf8');

beforeAll(async () => {
  world.file('bank.sql', bank);
  await world.aergo(['init', 'shop']);
  world.cwd = join(world.directory, 'shop');
  await world.aergo(['contract', 'deploy', '../bank.sql']);
  await world.aergo(['call', 'bank.open_account', 'alice', '100']);
  before.refs = refs();
}, 120_000);
afterAll(() => world[Symbol.dispose]());

async function refusal(words: readonly string[], options: { stdin?: string; env?: Record<string, string> } = {}) {
  const { code, value } = await world.json(words, options);
  expect(refs()).toBe(before.refs);
  return { code, error: value.error };
}

describe('names of branches and snapshots', () => {
  test.each(['a..b', 'a@{1}', 'a.lock', 'a\u0001b', '-x', 'a b', '/a', 'a/', 'a~1', '@7', ''])(
    '%j is refused',
    async (name) => {
      const found = await refusal(['branch', '--', name]);
      expect(found).toMatchObject({ code: 2, error: { code: 'AERGO_REF_NAME_INVALID' } });
      expect(await refusal(['snapshot', '--', name])).toMatchObject({
        code: 2,
        error: { code: 'AERGO_REF_NAME_INVALID' },
      });
    },
  );
});

describe('what is not there is said, with what was meant', () => {
  test.each([
    [['switch', 'mian'], 'AERGO_BRANCH_UNKNOWN', 'did you mean main?'],
    [['log', 'mian~1'], 'AERGO_REVISION_UNKNOWN', '"mian~1"'],
    [['diff', 'mian', 'main'], 'AERGO_REVISION_UNKNOWN', 'did you mean main?'],
    [['get', 'bank.acounts', 'alice'], 'AERGO_TABLE_UNKNOWN', 'did you mean bank.accounts?'],
    [['call', 'bank.transfre', 'a', 'b', '1'], 'AERGO_FUNCTION_UNKNOWN', 'did you mean bank.transfer?'],
    [['get', 'accounts', 'alice'], 'AERGO_TABLE_UNKNOWN', 'did you mean bank.accounts?'],
    [['call', 'bnak.transfer', 'a', 'b', '1'], 'AERGO_CONTRACT_UNKNOWN', 'did you mean bank?'],
    [['contract', 'show', 'bnak'], 'AERGO_CONTRACT_UNKNOWN', 'did you mean bank?'],
    [['merge', 'waht-if'], 'AERGO_BRANCH_UNKNOWN', 'waht-if'],
    [['tx', 'ffffffff'], 'AERGO_TRANSACTION_UNKNOWN', 'ffffffff'],
    [['show', 'ffffffff'], 'AERGO_REVISION_UNKNOWN', 'ffffffff'],
  ])('%j', async (words, code, message) => {
    expect(await refusal(words)).toMatchObject({ code: 2, error: { code, message: expect.stringContaining(message) } });
  });
});

describe('arguments of a call', () => {
  test.each([
    [
      ['bank.transfer', 'alice', 'bob', '12,50'],
      'AERGO_ARGUMENT_INVALID',
      'argument 3 (amount numeric(15,2)): "12,50" is not a number',
    ],
    [['bank.transfer', 'alice', 'bob', '12.505'], 'AERGO_ARGUMENT_INVALID', 'argument 3'],
    [['bank.transfer', 'alice', 'bob', 'NaN'], 'AERGO_ARGUMENT_INVALID', 'argument 3'],
    [['bank.transfer', 'alice', 'bob', 'Infinity'], 'AERGO_ARGUMENT_INVALID', 'argument 3'],
    [['bank.transfer', 'alice', 'bob', '99999999999999'], 'AERGO_ARGUMENT_INVALID', 'argument 3'],
    [['bank.transfer', 'alice'], 'AERGO_ARGUMENT_COUNT', 'transfer'],
    [['--args', '[1]', 'bank.transfer'], 'AERGO_USAGE', '--args'],
    [['transfer', 'alice'], 'AERGO_NAME_INVALID', 'transfer'],
  ])('%j is refused', async (words, code, message) => {
    const { error } = await refusal(['call', ...words]);
    expect(error).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test('a negative number behind the function is an argument', async () => {
    expect(await refusal(['call', 'bank.transfer', 'alice', 'bob', '-5'])).toMatchObject({
      code: 5,
      error: { code: expect.stringMatching(/REJECTED|CONSTRAINT/) },
    });
  });
});

describe('files', () => {
  test.each([
    [['contract', 'deploy', '../nothing.sql'], 'AERGO_FILE_UNREADABLE'],
    [['contract', 'deploy', '.'], 'AERGO_NAME_INVALID'],
    [['contract', 'deploy', '..', '--name', 'bank'], 'AERGO_FILE_UNREADABLE'],
    [['submit', '../nothing.ndjson'], 'AERGO_FILE_UNREADABLE'],
    [['submit', '..'], 'AERGO_FILE_UNREADABLE'],
    [['import', 'csv', '../nothing.csv', '--into', 'bank.accounts'], 'AERGO_FILE_UNREADABLE'],
    [['key', 'import', '../nothing'], 'AERGO_KEY_MISSING'],
  ])('%j is refused', async (words, code) => {
    expect(await refusal(words)).toMatchObject({ code: 2, error: { code } });
  });

  test('a contract that the gate refuses says where, and exits 5; its check exits 1', async () => {
    const file = world.file('bad.sql', 'CREATE TABLE t (a float PRIMARY KEY);\n');
    expect(await refusal(['contract', 'deploy', file])).toMatchObject({
      code: 5,
      error: { code: 'AERGO_CONTRACT_REFUSED' },
    });
    const check = await world.json(['contract', 'check', file]);
    expect(check).toMatchObject({ code: 1, value: { ok: false, findings: [{ line: 1 }] } });
    const text = await world.aergo(['contract', 'check', file]);
    expect(text.stdout).toMatch(/bad\.sql:1:\d+: /);
  });

  test('contract check needs no repository', async () => {
    expect(await world.aergo(['contract', 'check', 'bank.sql'], { cwd: world.directory })).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  test('export writes into no directory that holds something, and through no symlink', async () => {
    const full = join(world.directory, 'full');
    mkdirSync(full);
    writeFileSync(join(full, 'mine'), 'x');
    expect((await refusal(['export', 'git', full])).code).toBe(2);
    symlinkSync(full, join(world.directory, 'link'));
    expect((await refusal(['export', 'git', join(world.directory, 'link')])).code).toBe(2);
    expect(readFileSync(join(full, 'mine'), 'utf8')).toBe('x');
  });
});

describe('rows of an import', () => {
  test.each([
    ['a row with too few fields', 'owner,balance\nzoe\n', 'AERGO_CSV_INVALID'],
    ['an unknown column', 'owner,blance\nzoe,1\n', 'AERGO_COLUMN_UNKNOWN'],
    ['a key that is there', 'owner,balance\nalice,1\n', 'AERGO_CONSTRAINT'],
    ['a key that comes twice', 'owner,balance\nzoe,1\nzoe,2\n', 'AERGO_CONSTRAINT'],
    ['NULL where it may not stand', 'owner,balance\nzoe,\n', undefined],
    ['what is no number', 'owner,balance\nzoe,many\n', undefined],
  ])('%s refuses the whole import', async (_name, csv, code) => {
    const { code: exit, error } = await refusal(['import', 'csv', '-', '--into', 'bank.accounts'], { stdin: csv });
    expect(exit).not.toBe(0);
    expect(exit).not.toBe(70);
    if (code !== undefined) expect(error).toMatchObject({ code });
  });
});

test('a query for a table that is not there names the one that is', async () => {
  const { error } = await refusal(['query', 'SELECT * FROM accounts']);
  expect(error).toMatchObject({ message: expect.stringContaining('did you mean bank.accounts?') });
});

test('a query that writes, or does not parse, is refused', async () => {
  for (const sql of [
    'UPDATE bank.accounts SET balance = 1',
    'DELETE FROM bank.accounts',
    'SELEC 1',
    'SELECT 1; SELECT 2',
  ]) {
    const { code } = await refusal(['query', sql]);
    expect([2, 5]).toContain(code);
  }
});

test('a repository of a newer format is refused', async () => {
  const directory = join(world.directory, 'newer');
  await world.aergo(['init', directory]);
  writeFileSync(join(directory, '.aergo', 'format'), '2\n');
  for (const command of ['status', 'log']) {
    expect(await world.json(['-C', directory, command])).toMatchObject({
      code: 2,
      value: { error: { code: 'AERGO_FORMAT_NEWER' } },
    });
  }
});

test('init does not touch what is there', async () => {
  expect(await refusal(['init', '.'])).toMatchObject({ code: 2, error: { code: 'AERGO_REPOSITORY_EXISTS' } });
  expect(existsSync(join(world.cwd, '.aergo', 'volumes'))).toBe(true);
});

test('somebody who is no member may neither write nor seal', async () => {
  await world.aergo(['key', 'generate', 'mallory']);
  expect(await refusal(['--key', 'mallory', 'call', 'bank.open_account', 'zoe', '1'])).toMatchObject({ code: 4 });
  const env = { AERGO_SEAL_KEY: 'ada' };
  expect(await refusal(['--key', 'mallory', 'call', 'bank.open_account', 'zoe', '1'], { env })).toMatchObject({
    code: 4,
    error: { code: 'AERGO_AUTHOR_NOT_ALLOWED' },
  });
  expect(refs()).toBe(before.refs);
});
