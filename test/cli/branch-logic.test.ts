import { afterAll, beforeAll, expect, test } from 'vitest';
import { World } from './world.ts';

const world = new World();
const run = (line: string) => world.aergo(line.split(' '));

beforeAll(async () => {
  expect((await run('init .')).code).toBe(0);
  expect(
    (await world.json(['contract', 'new', 'purse', '--template', 'bank', '--resolver', 'additive'])).value,
  ).toMatchObject({
    template: 'bank',
    resolver: 'additive',
    contract: 'purse.sql',
  });
  expect((await run('contract deploy purse.sql')).code).toBe(0);
}, 120_000);
afterAll(() => world[Symbol.dispose]());

test('a template and a resolver make one contract, whose tests pass; a resolver alone is one too', {
  timeout: 120_000,
}, async () => {
  expect((await world.json(['contract', 'test', 'purse.sql', '--empty'])).value).toMatchObject({ ok: true, failed: 0 });
  expect((await world.json(['contract', 'new', 'rule', '--resolver', 'cells'])).value).toMatchObject({
    resolver: 'cells',
  });
  expect((await world.json(['contract', 'check', 'rule.sql'])).value).toMatchObject({ ok: true });
  expect((await world.json(['contract', 'templates'])).value.resolvers).toContainEqual({
    name: 'ours',
    summary: expect.stringMatching(/^Our side wins/),
  });
  const unknown = await run('contract new other --resolver most');
  expect(unknown.code).toBe(2);
  expect(unknown.stderr).toContain('there is no resolver "most"');
  expect((await run('contract new other')).stderr).toContain('needs --template');
});

test('a branch says by which function it merges: branch, status, log and show, as text and as JSON', {
  timeout: 120_000,
}, async () => {
  expect((await run('branch agreed --merge-contract purse.resolve')).stdout).toMatch(
    /^branch agreed at block 1 [0-9a-f]{7} {3}merges by purse\.resolve\n$/,
  );
  const logic = { contract: 'purse', function: 'resolve', hash: expect.stringMatching(/^[0-9a-f]{64}$/) };
  expect((await world.json(['branch'])).value).toMatchObject({
    branches: [{ name: 'agreed', logic }, { name: 'main' }],
  });
  expect((await run('branch')).stdout).toMatch(
    / {2}agreed +block 1 .*merges by purse\.resolve\n\* main .*transaction\n/,
  );
  expect((await run('switch agreed')).code).toBe(0);
  expect((await run('status')).stdout).toMatch(
    /^on agreed at block 1 [0-9a-f]{7} {3}merges by purse\.resolve {3}2 branches\n$/,
  );
  expect((await world.json(['status'])).value).toMatchObject({ logic });
  expect((await run('call purse.open_account alice 10')).code).toBe(0);
  expect((await world.json(['status'])).value).toMatchObject({ block: { height: 2 }, logic });
  expect((await run('log -n 1')).stdout).toContain('1 transaction   merges by purse.resolve');
  const shown = await world.json(['show', '@']);
  expect(shown.value).toMatchObject({ block: { logic } });
  expect((await run('show @')).stdout).toMatch(/merges by +purse\.resolve {3}[0-9a-f]{64}\n/);
});

test('a function that settles nothing is refused, and says what one looks like', { timeout: 120_000 }, async () => {
  const refused = await run('branch other --merge-contract purse.pay');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('pay(text, text, numeric(15,2)) RETURNS text cannot settle conflicts');
  expect(refused.stderr).toContain('CREATE FUNCTION name(table_name text, key jsonb, base jsonb');
  expect((await run('branch --merge-contract purse.resolve')).stderr).toContain('needs a NAME');
});
