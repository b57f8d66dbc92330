import { expect, test } from 'vitest';
import { bank } from './bank.ts';
import { World } from './world.ts';

test('what a merge dropped is explained, submitted again, and taken back, as a person sees it', async () => {
  using world = new World();
  const ids = new Map<string, string>();
  /** Ids by the names that they were given here, others as `#`. */
  const hide = (text: string) => {
    const named = new Map([...ids].map(([name, id]) => [id, name]));
    return text.replace(/(?<![\w.])[0-9a-f]{7}(?![\w.])/g, (id) => named.get(id) ?? '#');
  };
  /** Both streams, and the exit code where it is not 0; `name` is given to the transaction's id. */
  const aergo = async (line: string, name?: string) => {
    const words = line.split(' ').map((word) => ids.get(word) ?? word);
    const { code, stdout, stderr } = await world.aergo(words);
    const [, id] = /tx ([0-9a-f]{7})/.exec(stdout) ?? [];
    if (name !== undefined && id !== undefined) ids.set(name, id);
    return hide(stderr + stdout).replace(/ {3,}/g, '   ') + (code === 0 ? '' : `[exit ${code}]`);
  };
  world.file('bank.sql', bank);
  await aergo('init shop');
  world.cwd = `${world.directory}/shop`;
  await aergo('contract deploy ../bank.sql');
  for (const owner of ['alice', 'bob', 'carol']) await aergo(`call bank.open_account ${owner} 100`);
  await aergo('switch -c what-if');
  await aergo('call --base @ bank.pay alice bob 80', 'FIRST');
  await aergo('call bank.pay bob carol 180', 'SECOND');
  await aergo('switch main');
  await aergo('call bank.pay alice carol 50', 'TOOK');

  expect(await aergo('merge what-if --explain')).toBe(`what-if → main: 0 would be applied, 2 would be dropped
  would drop FIRST   bank.pay alice bob 80   contract-error: Not enough balance
   bank.accounts alice was changed by TOOK on main, block 5
  would drop SECOND   bank.pay bob carol 180   contract-error: Not enough balance
   dropped because FIRST was dropped, because bank.accounts alice was changed by TOOK on main, block 5
to amend: FIRST   (the other one fits then)
`);
  expect(await aergo('merge what-if')).toContain('hint: aergo receipt FIRST · aergo resubmit FIRST');
  expect(await aergo('resubmit FIRST SECOND')).toBe(
    'error: FIRST: bank.pay rejected this: Not enough balance (P0001)   AERGO_CONTRACT_REJECTED\n' +
      '  hint: nothing was written\n' +
      'error: SECOND: bank.pay rejected this: Not enough balance (P0001)   AERGO_CONTRACT_REJECTED\n' +
      '  hint: nothing was written\n[exit 5]',
  );
  await aergo('call bank.pay carol alice 49');
  expect(await aergo('resubmit --dry-run FIRST SECOND')).toBe(
    'would run FIRST signed anew   OK   2 rows\nwould run SECOND as it was signed   OK   2 rows\n',
  );
  expect(await aergo('resubmit FIRST SECOND')).toBe(
    'block 8 #   FIRST signed anew as #   OK   2 rows\nblock 9 #   SECOND as it was signed   OK   2 rows\n',
  );
  expect(await aergo('resubmit FIRST')).toMatch(
    /^error: .* took effect before, .*AERGO_TRANSACTION_REPEATED\n.*\[exit 5\]$/s,
  );
  expect(await aergo('receipt FIRST')).toMatch(/\n {2}signed anew as # in block 8 # on main\n$/);

  expect(await aergo('revert @8')).toBe(
    'error: bank.accounts bob was changed since # wrote it, by SECOND in block 9: bank.pay bob carol 180   AERGO_SNAPSHOT_CONFLICT\n' +
      '  hint: aergo revert SECOND #   (both)\n[exit 5]',
  );
  expect(await aergo('revert @8 SECOND')).toBe(
    'block 10 #   2 transactions reverted\n' +
      '  reverted SECOND   bank.pay bob carol 180   2 rows\n  reverted #   bank.pay alice bob 80   2 rows\n',
  );
  expect(await aergo('receipt SECOND')).toMatch(/\n {2}reverted by # in block 10 # on main\n$/);
  expect(await aergo('show @')).toMatch(/revert SECOND/);
  expect(await aergo('verify')).toContain('agree');
}, 300_000);
