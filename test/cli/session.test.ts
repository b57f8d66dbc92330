import { join } from 'node:path';
import { expect, test } from 'vitest';
import { bank } from './bank.ts';
import { World } from './world.ts';

/** Ids in the order of their coming: `#1`, `#2`; key ids as `KEY`; times as `TIME`. */
class Names {
  readonly #known = new Map<string, string>();

  hide(text: string): string {
    return text
      .replace(/ed25519:[\w-]{4}…/g, 'KEY')
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, 'TIME')
      .replace(/(?<![\w.])[0-9a-f]{7}(?![\w.])/g, (id) => {
        if (!this.#known.has(id)) this.#known.set(id, `#${this.#known.size + 1}`);
        return this.#known.get(id) ?? '';
      });
  }
}

test('the first session runs as docs/README show it', { timeout: 300_000 }, async () => {
  using world = new World();
  const names = new Names();
  /** What a person sees: both streams, ids hidden, and the exit code where it is not 0. */
  const aergo = async (line: string) => {
    const { code, stdout, stderr } = await world.aergo(line.split(' '));
    return names.hide(stderr + stdout) + (code === 0 ? '' : `[exit ${code}]`);
  };
  world.file('bank.sql', bank);

  const init = await world.aergo(['init', 'shop']);
  expect(names.hide(init.stdout)).toBe('ledger shop: main at block 0 #1\n');
  expect(names.hide(init.stderr)).toBe(
    `${'made key ada (KEY)'.padEnd(18 + 30 - 'KEY'.length - 4)}back it up: aergo key export ada\n  next: aergo contract new bank --template bank\n`.replace(
      / {3,}/,
      ' '.repeat(20),
    ),
  );
  world.cwd = join(world.directory, 'shop');

  expect(await aergo('contract deploy ../bank.sql')).toBe(
    'block 1 #2   bank: table accounts; open_account, transfer, pay\n',
  );
  expect(await aergo('call bank.open_account alice 100')).toBe('OK   block 2 #3   tx #4   1 row\n');
  await aergo('call bank.open_account bob 50');
  await aergo('call bank.open_account carol 0');
  expect(await aergo('call bank.transfer alice bob 12.50')).toMatch(/^OK {3}block 5 #\d+ {3}tx #\d+ {3}2 rows\n$/);
  expect(await aergo('call bank.pay alice bob 500')).toBe(
    'error: bank.pay rejected this: Not enough balance (P0001)   AERGO_CONTRACT_REJECTED\n' +
      '  hint: aergo get bank.accounts alice           (nothing was written)\n[exit 5]',
  );

  await aergo('switch -c what-if');
  await aergo('call bank.pay alice carol 80');
  await aergo('call bank.pay bob carol 10');
  expect(await aergo('diff main what-if')).toBe(
    [
      'bank.accounts   3 rows changed',
      ' ~ alice   balance   87.50 → 7.50',
      ' ~ bob     balance   62.50 → 52.50',
      ' ~ carol   balance    0.00 → 90.00',
      '',
    ].join('\n'),
  );

  await aergo('switch main');
  await aergo('call bank.pay alice bob 50');
  expect(await aergo('merge what-if --dry-run')).toMatch(
    /^what-if → main: 1 would be applied, 1 would be dropped\n {2}would drop #\d+ {3}bank.pay alice carol 80 +contract-error: Not enough balance\n {10}bank.accounts alice was changed by #\d+ on main, block 6\n$/,
  );
  expect(await aergo('merge what-if')).toMatch(
    /^ {2}hint: aergo receipt #\d+ · aergo resubmit #\d+\nblock 7 #\d+ {3}what-if → main: 1 applied, 1 dropped\n {2}dropped #\d+ {3}bank.pay alice carol 80 +contract-error: Not enough balance\n {10}bank.accounts alice was changed by #\d+ on main, block 6\n$/,
  );

  expect(await aergo('get bank.accounts alice --at @~1')).toBe('owner     alice\nbalance   37.50\n');
  const graph = await aergo('log --graph');
  expect(graph.split('\n').map((line) => line.replace(/#\d+ .*?block/, 'block').replace(/ {3}TIME/, ''))).toEqual([
    '* block 7 on main   merge what-if, 1 applied, 1 dropped',
    '|\\',
    '* | block 6 on main   1 transaction',
    '| * block 7 on what-if   1 transaction',
    '| * block 6 on what-if   1 transaction',
    '|/',
    '* block 5 on main   1 transaction',
    '* block 4 on main   1 transaction',
    '* block 3 on main   1 transaction',
    '* block 2 on main   1 transaction',
    '* block 1 on main   1 transaction',
    '* block 0 on main   genesis',
    '',
  ]);
  expect(await aergo('verify')).toBe('8 blocks on main, 2 merged from what-if: signatures, re-runs and states agree\n');
});
