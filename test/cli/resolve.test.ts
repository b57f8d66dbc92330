import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { disagreementSource } from '../support/disagreement.ts';
import { type Run, World } from './world.ts';

// One ledger, one command after the other.
const world = new World();
afterAll(() => world[Symbol.dispose]());

const aergo = (line: string): Promise<Run> => world.aergo(line.split(' '));
/** What a command printed, on both streams, and its exit code where it is not 0. */
const said = async (line: string): Promise<string> => {
  const { code, stdout, stderr } = await aergo(line);
  return `${stdout}${stderr}${code === 0 ? '' : `[exit ${code}]`}`.replace(/(?<= )[0-9a-f]{7}(?= )/g, 'ID');
};
const errorOf = async (line: string) => {
  const { code, value } = await world.json(line.split(' '));
  return [code, (value.error as { code: string } | undefined)?.code];
};
const jsonOf = async (line: string) => (await world.json(line.split(' '))).value;

beforeAll(async () => {
  await aergo('init shop');
  world.cwd = join(world.directory, 'shop');
  writeFileSync(join(world.cwd, 'bank.sql'), disagreementSource);
  for (const line of [
    'contract deploy bank.sql',
    'call bank.open_accounts 1 4',
    'branch what-if',
    'call --on what-if bank.add_to_all 5',
    'call --on what-if bank.close_account acc0000004',
    'call bank.add_to_all 1',
    'call bank.set_note acc0000002 seen',
  ]) {
    const { code, stderr } = await aergo(line);
    if (code !== 0) throw new Error(`aergo ${line}: ${stderr}`);
  }
}, 300_000);

describe('a merge that leaves conflicts', () => {
  it('says so, exits with 1, and status says that it waits', async () => {
    expect(await errorOf('resolve --list')).toEqual([2, 'AERGO_MERGE_NOT_PENDING']);
    expect(await errorOf('resolve')).toEqual([2, 'AERGO_MERGE_NOT_PENDING']);
    expect(await said('merge --rows what-if')).toMatchInlineSnapshot(`
      "what-if → main: rows merge, 4 conflicts: 4 left
        bank.accounts acc0000001                      changed on both sides
        bank.accounts acc0000002                      changed on both sides
        bank.accounts acc0000003                      changed on both sides
        bank.accounts acc0000004                      changed here, deleted there
        hint: aergo resolve
      [exit 1]"
    `);
    expect(await said('status')).toMatchInlineSnapshot(`
      "on main at block 4 ID   2 branches
      merge of what-if into main: 0 of 4 conflicts resolved
        hint: aergo resolve
      "
    `);
    expect((await jsonOf('status')).merge).toEqual({
      target: 'main',
      source: 'what-if',
      mode: 'rows',
      total: 4,
      resolved: 0,
      moved: false,
    });
  });

  it('lets no second merge begin, and keeps its branches', async () => {
    expect(await errorOf('merge --rows what-if')).toEqual([2, 'AERGO_MERGE_PENDING']);
    expect(await errorOf('branch -d --force what-if')).toEqual([2, 'AERGO_MERGE_PENDING']);
    expect(await said('merge --continue')).toMatchInlineSnapshot(`
      "what-if → main: rows merge, 4 conflicts: 4 left
        bank.accounts acc0000001                      changed on both sides
        bank.accounts acc0000002                      changed on both sides
        bank.accounts acc0000003                      changed on both sides
        bank.accounts acc0000004                      changed here, deleted there
        hint: aergo resolve
      [exit 1]"
    `);
  });
});

describe('resolve', () => {
  it('lists the conflicts, for people and for programs', async () => {
    expect(await said('resolve --list')).toMatchInlineSnapshot(`
      "what-if → main, rows merge: 0 of 4 resolved
      bank.accounts   4 conflicts
                                base     main     what-if
       · acc0000001   balance   100.00   101.00   105.00
       · acc0000002   balance   100.00   101.00   105.00
                      note      NULL     seen     NULL
       · acc0000003   balance   100.00   101.00   105.00
       · acc0000004   balance   100.00   101.00   no row
      "
    `);
    const { conflicts } = await jsonOf('resolve --list bank.accounts acc0000002');
    expect(conflicts).toMatchObject([
      {
        kind: 'row',
        table: 'bank.accounts',
        key: ['acc0000002'],
        base: { owner: 'acc0000002', balance: '100.00', note: null },
        ours: { balance: '101.00', note: 'seen' },
        theirs: { balance: '105.00', note: null },
        takes: ['ours', 'theirs', 'base', 'both'],
        choice: null,
        writers: {
          ours: { description: 'bank.set_note acc0000002 seen' },
          theirs: { description: 'bank.add_to_all 5' },
        },
      },
    ]);
  });

  it('shows no screen where there is no terminal, and names the flags', async () => {
    expect(await said('resolve')).toMatchInlineSnapshot(`
      "error: there is no terminal to show the conflicts on   AERGO_INPUT_NEEDED
        hint: aergo resolve --list, then aergo resolve TABLE KEY --take ours|theirs|base|both
      [exit 2]"
    `);
    expect(await errorOf('resolve bank.accounts acc0000001')).toEqual([2, 'AERGO_INPUT_NEEDED']);
  });

  it('settles one row, every way there is', async () => {
    const choice = async () => {
      const { conflicts } = await jsonOf('resolve --list bank.accounts acc0000002');
      return (conflicts as { choice: unknown }[])[0]?.choice;
    };
    const row = (balance: string, note: string | null) => ({ owner: 'acc0000002', balance, note });
    expect(await said('resolve bank.accounts acc0000002 --take theirs')).toMatchInlineSnapshot(`
      "bank.accounts acc0000002: theirs   1 of 4 resolved
        hint: aergo resolve --list
      "
    `);
    expect(await choice()).toEqual({ way: 'theirs', row: row('105.00', null) });
    await aergo('resolve bank.accounts acc0000002 --take both');
    expect(await choice()).toEqual({ way: 'both', row: row('106.00', 'seen') });
    await aergo('resolve bank.accounts acc0000002 --set balance=7.5 --null note');
    expect(await choice()).toEqual({ way: 'edit', row: row('7.50', null) });
    expect(await said('resolve bank.accounts acc0000002 --set note=a=b')).toContain(': edited   1 of 4 resolved');
    expect(await choice()).toEqual({ way: 'edit', row: row('7.50', 'a=b') });
    await aergo('resolve bank.accounts acc0000002 --delete');
    expect(await choice()).toEqual({ way: 'delete', row: null });
    expect(await said('resolve bank.accounts acc0000002 --undo')).toMatchInlineSnapshot(`
      "bank.accounts acc0000002: open again   0 of 4 resolved
        hint: aergo resolve --list
      "
    `);
    expect(await choice()).toBeNull();
  });

  it('settles a whole table, and leaves rows for which a take means nothing', async () => {
    expect(await jsonOf('resolve bank.accounts --take both')).toMatchObject({ changed: 3, skipped: 1, resolved: 3 });
    expect(await said('resolve bank.accounts --take both')).toMatchInlineSnapshot(`
      "bank.accounts: both for 3 rows; 1 row left, whose changes do not go together   3 of 4 resolved
        hint: aergo resolve --list
      "
    `);
    expect(await jsonOf('resolve bank.accounts --undo')).toMatchObject({ changed: 3, resolved: 0, conflicts: [] });
    expect(await jsonOf('resolve bank.accounts --delete')).toMatchObject({ changed: 4, resolved: 4 });
  });

  it.each([
    ['resolve bank.acounts --take ours', 'AERGO_CONFLICT_UNKNOWN', /did you mean bank.accounts\?/],
    [
      'resolve bank.accounts acc0000009 --take ours',
      'AERGO_CONFLICT_UNKNOWN',
      /acc0000009 of bank.accounts is not in conflict/,
    ],
    ['resolve bank.accounts acc0000001 x --take ours', 'AERGO_CONFLICT_UNKNOWN', /acc0000001 x/],
    ['resolve bank.accounts acc0000004 --take both', 'AERGO_CHOICE_INVALID', /do not go together/],
    ['resolve bank.accounts acc0000001 --set balance=1,5', 'AERGO_CHOICE_INVALID', /"1,5" is not a number/],
    ['resolve bank.accounts acc0000001 --null balance', 'AERGO_CHOICE_INVALID', /cannot be NULL/],
    ['resolve bank.accounts acc0000001 --set balanse=1', 'AERGO_COLUMN_UNKNOWN', /did you mean balance\?/],
    ['resolve bank.accounts acc0000001 --set balance', 'AERGO_USAGE', /is not COLUMN=VALUE/],
    ['resolve bank.accounts --set balance=1', 'AERGO_USAGE', /need the KEY of one row/],
    ['resolve --take ours', 'AERGO_USAGE', /need the TABLE/],
    ['resolve bank.accounts acc0000001 --take mine', 'AERGO_USAGE', /ours, theirs, base, both/],
    ['resolve bank.accounts acc0000001 --take ours --undo', 'AERGO_USAGE', /undo/],
    ['resolve bank.accounts acc0000001 --take ours --set note=x', 'AERGO_USAGE', /set/],
  ])('refuses %s', async (line, code, message) => {
    const { code: exit, value } = await world.json(line.split(' '));
    expect([exit, value.error]).toEqual([
      2,
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    ]);
    expect((await jsonOf('resolve --list')).resolved).toBe(4);
  });
});

describe('merge --continue and --abort', () => {
  it('compute again where a branch has moved, and keep choices for rows that are the same', async () => {
    await aergo('resolve bank.accounts --take theirs');
    await aergo('call bank.set_balance acc0000001 50');
    expect(await said('status')).toContain('4 of 4 conflicts resolved; a branch has moved since');
    expect(await said('merge --continue')).toMatchInlineSnapshot(`
      "what-if → main: rows merge, 4 conflicts: 3 resolved, 1 left
        bank.accounts acc0000001                      changed on both sides
      what-if or main has moved: computed again, and choices kept for rows that are the same
        hint: aergo resolve
      [exit 1]"
    `);
    expect(await jsonOf('resolve --list')).toMatchObject({ total: 4, resolved: 3 });
  });

  it('also where only the list is asked for', async () => {
    await aergo('call bank.set_balance acc0000001 51');
    expect(await jsonOf('resolve --list')).toMatchObject({ total: 4, resolved: 3 });
    expect((await jsonOf('status')).merge).toMatchObject({ moved: false });
  });

  it('seal what was chosen, which verify derives again', async () => {
    await aergo('resolve bank.accounts acc0000001 --take ours');
    const { value, code } = await world.json(['merge', '--continue']);
    expect([code, value]).toEqual([
      0,
      expect.objectContaining({
        mode: 'rows',
        pending: false,
        moved: false,
        block: expect.objectContaining({ kind: 'merge' }),
      }),
    ]);
    const rows = await world.aergo(['query', 'SELECT * FROM bank.accounts ORDER BY owner']);
    expect(rows.stdout).toMatchInlineSnapshot(`
      "owner        balance   note
      acc0000001     51.00   NULL
      acc0000002    105.00   NULL
      acc0000003    105.00   NULL
      "
    `);
    expect((await aergo('verify')).code).toBe(0);
    expect((await jsonOf('status')).merge).toBeUndefined();
  });

  it('have nothing to do where no merge waits', async () => {
    expect(await errorOf('merge --continue')).toEqual([2, 'AERGO_MERGE_NOT_PENDING']);
    expect(await errorOf('merge --abort')).toEqual([2, 'AERGO_MERGE_NOT_PENDING']);
    expect(await errorOf('merge')).toEqual([2, 'AERGO_USAGE']);
  });

  it('forget a merge', async () => {
    await aergo('call --on what-if bank.add_to_all 5');
    await aergo('call bank.add_to_all 1');
    expect((await aergo('merge --rows what-if')).code).toBe(1);
    expect(await jsonOf('merge --abort')).toMatchObject({
      aborted: true,
      source: 'what-if',
      target: 'main',
      block: null,
    });
    expect((await jsonOf('status')).merge).toBeUndefined();
  });

  it('name the file of a merge that is damaged', async () => {
    expect((await aergo('merge --rows what-if')).code).toBe(1);
    appendFileSync(join(world.cwd, '.aergo', 'merge', 'merge.json'), '}');
    expect(await errorOf('resolve --list')).toEqual([6, 'AERGO_STORE_DAMAGED']);
    expect(await errorOf('status')).toEqual([6, 'AERGO_STORE_DAMAGED']);
  });
});
