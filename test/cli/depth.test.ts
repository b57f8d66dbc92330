/** A copy of the newest blocks as people see it: what clone, status, log, blame, verify and fetch say of where it begins. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bank } from './bank.ts';
import { World } from './world.ts';

test('a copy of the newest blocks says where it begins, what it refuses, and when it is whole', {
  timeout: 120_000,
}, async () => {
  using world = new World();
  world.file('bank.sql', bank);
  const shown = async (line: string) => {
    const { code, stdout, stderr } = await world.aergo(line.split(' '));
    const said = (stdout + stderr).replace(/^remote: .*\n/gm, '');
    const text = said.replaceAll(world.directory, '').replace(/\b[0-9a-f]{7,64}\b/g, '<id>');
    return { code, text: text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, '<time>') };
  };
  const json = async (line: string) => (await world.json(line.split(' '))).value;
  await json('init shop');
  world.cwd = join(world.directory, 'shop');
  await json('contract deploy ../bank.sql');
  for (const owner of ['alice', 'bob', 'carol']) await json(`call bank.open_account ${owner} 100`);
  await json('call bank.pay alice bob 1');
  world.cwd = world.directory;

  const begins = [{ block: expect.any(String), height: 4 }];
  expect(await shown('clone shop part --depth 2')).toEqual({
    code: 0,
    text:
      'cloned /shop into part: main at block 5 <id>\n3 blocks, 1 branch, 0 snapshots; signatures, re-runs and states agree\n' +
      'this copy begins at block 4; 1 block was taken by its signature, not run again: aergo fetch --unshallow brings the rest\n',
  });
  expect(await json('clone shop other --depth 2 --fast')).toMatchObject({ begins, taken: 1, blocks: 3, fast: true });
  expect(await shown('clone shop none --depth 0')).toMatchObject({ code: 2 });
  world.cwd = join(world.directory, 'part');

  const rest = 'this copy begins at block 4: aergo fetch --unshallow brings the rest\n';
  expect((await shown('status')).text).toBe(`on main at block 5 <id>\norigin/main is the same\n${rest}`);
  expect(await json('status')).toMatchObject({ begins });
  expect((await shown('log')).text.endsWith(rest)).toBe(true);
  expect((await shown('log -n 1')).text).not.toContain('begins');
  expect((await shown('log bank.accounts')).text.endsWith(rest)).toBe(true);
  expect((await shown('log bank.accounts carol')).text).toBe(`no block here changed bank.accounts carol\n${rest}`);
  expect((await shown('blame bank.accounts carol')).text).toContain('block 4 on main, or before it');
  expect(await json('blame bank.accounts alice')).toMatchObject({ ok: true });
  expect((await shown('verify')).text).toBe(
    '2 blocks on main: signatures, re-runs and states agree\nthis copy begins at block 4; 1 block was taken by its signature, not run again: aergo fetch --unshallow brings the rest\n',
  );
  expect(await json('verify')).toMatchObject({ begins, taken: 1 });
  expect(await shown('call bank.pay alice bob 1')).toEqual({
    code: 2,
    text: 'error: sealing a block takes the whole history, and this copy has only the newest part of it   AERGO_HISTORY_CUT\n  hint: aergo fetch --unshallow                 (brings the rest of the history)\n',
  });
  expect(await json('log main~1..main')).toMatchObject({ ok: true });
  expect(await shown('diff main~2 main')).toMatchObject({
    code: 2,
    text: expect.stringContaining('AERGO_HISTORY_CUT'),
  });
  expect(await json('pull')).toMatchObject({ kind: 'up-to-date', fetched: { begins, taken: 0 } });

  expect(await json('fetch --deepen 1')).toMatchObject({ blocks: 1, begins: [{ height: 3 }], taken: 1 });
  expect(await shown('fetch --deepen 1 --unshallow')).toMatchObject({ code: 2 });
  expect((await shown('fetch --unshallow')).text).toBe(
    'origin: 2 new blocks\nthe whole history is here, and was run again\n',
  );
  expect(await json('fetch --unshallow')).toMatchObject({ blocks: 0, taken: 0 });
  expect((await shown('verify')).text).toBe('6 blocks on main: signatures, re-runs and states agree\n');
  expect(await json('call bank.pay alice bob 1')).toMatchObject({ ok: true });
});
