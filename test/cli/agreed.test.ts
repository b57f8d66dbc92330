import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { additiveSource } from '../support/additive-bank.ts';
import { World } from './world.ts';

// One ledger, one command after the other.
const world = new World();
afterAll(() => world[Symbol.dispose]());

const said = async (line: string): Promise<string> => {
  const { code, stdout, stderr } = await world.aergo(line.split(' '));
  return `${stdout}${stderr}${code === 0 ? '' : `[exit ${code}]`}`.replace(/(?<= )[0-9a-f]{7}(?= )/g, 'ID');
};
const json = (line: string) => world.json(line.split(' '));

beforeAll(async () => {
  await world.aergo(['init', 'bank']);
  world.cwd = join(world.directory, 'bank');
  writeFileSync(join(world.cwd, 'bank.sql'), additiveSource);
  for (const line of [
    'contract deploy bank.sql',
    'call bank.open_account alice 100',
    'call bank.open_account bob 100',
    'branch what-if --merge-contract bank.settle',
    'call --on what-if bank.pay alice bob 10',
    'call bank.pay alice bob 1',
  ]) {
    const { code, stderr } = await world.aergo(line.split(' '));
    if (code !== 0) throw new Error(`aergo ${line}: ${stderr}`);
  }
}, 300_000);

it('merges as was agreed on, says who settled what, and verifies it', async () => {
  expect(await said('merge --rows what-if')).toMatchInlineSnapshot(`
    "error: what-if cannot be merged so: its conflicts are for bank.settle, as was agreed on when the branch was made   AERGO_MERGE_MODE
      hint: aergo merge what-if
    [exit 2]"
  `);
  expect(await json('merge what-if --dry-run')).toMatchObject({
    code: 0,
    value: { block: null, mode: 'agreed', pending: false, conflicts: { total: 2, byContract: 2, left: [] } },
  });
  expect(await said('merge what-if')).toMatchInlineSnapshot(`
    "block 5 ID   what-if → main: agreed merge, 2 conflicts: 2 settled by the contract
    "
  `);
  expect(await said('merge what-if')).toMatchInlineSnapshot(`
    "what-if → main: already up to date
    "
  `);
  expect((await json('get bank.accounts alice')).value).toMatchObject({ row: { balance: '89.00' } });
  expect((await world.aergo(['verify'])).code).toBe(0);
});

it('gives what is left to people with its rows', async () => {
  for (const line of ['call --on what-if bank.close_account alice', 'call bank.pay alice bob 1']) await said(line);
  const { code, value } = await json('merge what-if --dry-run');
  expect(code).toBe(1);
  expect(value).toMatchObject({
    block: null,
    pending: true,
    conflicts: {
      total: 1,
      byContract: 0,
      left: [
        {
          kind: 'row',
          table: 'bank.accounts',
          key: ['alice'],
          base: { owner: 'alice', balance: '90.00' },
          ours: { owner: 'alice', balance: '88.00' },
          theirs: null,
          left: 'alice is closed on one side',
        },
      ],
    },
  });
});
