import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { launcher, World } from '../cli/world.ts';
import { disagreementSource } from '../support/disagreement.ts';
import { PseudoTerminal } from './pseudo-terminal.ts';

const world = new World({ CI: '', TERM: 'xterm-256color' });
afterAll(() => world[Symbol.dispose]());

const aergo = async (line: string, cwd: string, code = 0) => {
  const run = await world.aergo(line.split(' '), { cwd });
  if (run.code !== code) throw new Error(`aergo ${line} ended with ${run.code}:\n${run.stdout}${run.stderr}`);
  return run.stdout;
};

/** A ledger whose branch `small` disagrees with main on three rows, and whose branch `big` on a thousand. */
beforeAll(async () => {
  const shop = join(world.directory, 'shop');
  await aergo('init shop', world.directory);
  writeFileSync(join(shop, 'bank.sql'), disagreementSource);
  await aergo('contract deploy bank.sql', shop);
  await aergo('call bank.open_accounts 1 1000', shop);
  for (const branch of ['small', 'big']) await aergo(`branch ${branch}`, shop);
  await aergo('call --on big bank.add_to_all 5', shop);
  for (const account of [1, 2]) await aergo(`call --on small bank.set_balance acc000000${account} 20`, shop);
  await aergo('call --on small bank.close_account acc0000003', shop);
  await aergo('call bank.add_to_all 1', shop);
  for (const branch of ['small', 'big']) {
    cpSync(shop, join(world.directory, branch), { recursive: true });
    await aergo(`merge --rows ${branch}`, join(world.directory, branch), 1);
  }
}, 300_000);

/** A copy of the ledger in which a merge of the branch waits. */
function ledger(branch: 'small' | 'big'): string {
  const cwd = join(world.directory, `${branch}-${copies++}`);
  cpSync(join(world.directory, branch), cwd, { recursive: true });
  return cwd;
}
let copies = 0;

/** `aergo resolve` in a terminal of that size. */
function resolve(
  cwd: string,
  [columns, rows]: readonly [number, number] = [80, 24],
  env: Record<string, string> = {},
  row: readonly string[] = [],
) {
  const options = { cwd, env: { ...world.environment, ...env }, columns, rows };
  const terminal = new PseudoTerminal(process.execPath, [launcher, 'resolve', ...row], options);
  onTestFinished(() => terminal[Symbol.dispose]());
  return terminal;
}

const resolved = async (cwd: string) => {
  const { value } = await world.json(['resolve', '--list'], { cwd });
  return value.resolved;
};

const sizes = [
  [80, 24],
  [60, 15],
  [200, 50],
] as const;

describe('aergo resolve in a terminal', () => {
  it.each(sizes)('goes from conflict to conflict to a sealed block at %i×%i', async (columns, rows) => {
    const cwd = ledger('small');
    const terminal = resolve(cwd, [columns, rows]);
    await terminal.until(/0 of 3 resolved/);
    expect(terminal.isAlternate).toBe(true);
    await terminal.until(/bank.accounts acc0000001.*main \(ours\)/s);
    terminal.type('t');
    await terminal.until(/1 of 3 resolved/);
    terminal.type('n+');
    await terminal.until(/2 of 3 resolved/);
    terminal.type('\r');
    await terminal.until(/accounts acc0000003/);
    terminal.type('s');
    await terminal.until(/1 conflict still open/);
    terminal.type('e\r\u00157.5\r');
    await terminal.until(/3 of 3 resolved/);
    // Escape is a key of its own only when nothing follows it at once.
    terminal.type('\u001b');
    await terminal.until(/q leave/);
    terminal.type('s');
    await terminal.until(/Seal this\?/);
    expect(terminal.screen).toContain('acc0000001   balance 101.00 → 20.00');
    expect(terminal.screen).toContain('acc0000002   balance 101.00 → 21.00');
    expect(terminal.screen).toContain('acc0000003   balance 101.00 → 7.50');
    terminal.type('y');
    expect((await terminal.ended()).exitCode).toBe(0);
    await terminal.until(/block 4 [0-9a-f]{7} +small → main: rows merge, 3 confl/);
    expect(terminal.isAlternate).toBe(false);
    const rowsNow = ['1', '2', '3'].map((at) => aergo(`get bank.accounts acc000000${at}`, cwd));
    expect((await Promise.all(rowsNow)).map((text) => /\d+\.\d\d/.exec(text)?.[0])).toEqual(['20.00', '21.00', '7.50']);
  });

  it('begins with the row that is named', async () => {
    const terminal = resolve(ledger('small'), [80, 24], {}, ['bank.accounts', 'acc0000002']);
    await terminal.until(/bank.accounts acc0000002 +2 of 3 {3}open/);
  });

  it('follows the terminal through every size', async () => {
    const terminal = resolve(ledger('small'));
    await terminal.until(/0 of 3 resolved/);
    terminal.type('tn');
    await terminal.until(/2 of 3/);
    for (const [columns, rows] of [
      [60, 15],
      [200, 50],
      [30, 8],
      [80, 24],
    ] as const) {
      terminal.resize(columns, rows);
      await terminal.until((screen) => {
        const lines = screen.split('\n');
        const head = lines[0] ?? '';
        const isWhole =
          columns < 40 ? head.startsWith('1 of 3') : head.endsWith('1 of 3 resolved') && head.length === columns - 1;
        const hasKeys = columns < 40 || /help/.test(lines.at(-1) ?? '');
        return isWhole && hasKeys && lines.filter((line) => line.includes('of 3 resolved')).length === 1;
      });
    }
  });

  it('uses no colour with NO_COLOR, and marks what it means all the same', async () => {
    const isStyled = ({ output }: PseudoTerminal) =>
      ['31', '32', '33', '35', '36', '1', '2', '7'].some((code) => output.includes(`\u001b[${code}m`));
    const [plain, coloured] = [resolve(ledger('small'), [80, 24], { NO_COLOR: '1' }), resolve(ledger('small'))];
    for (const terminal of [plain, coloured]) {
      await terminal.until(/0 of 3 resolved/);
      terminal.type('o');
      await terminal.until(/1 of 3 resolved/);
      await terminal.until(/✓ ours/);
      await terminal.until(/~|!/);
    }
    expect([isStyled(plain), isStyled(coloured)]).toEqual([false, true]);
  });

  it.each([{ TERM: 'dumb' }, { CI: '1' }])('is refused politely with %o', async (env) => {
    const terminal = resolve(ledger('small'), [80, 24], env);
    expect((await terminal.ended()).exitCode).toBe(2);
    await terminal.until(() => terminal.text.includes('AERGO_INPUT_NEEDED'));
    expect(terminal.text).toContain('--take ours|theirs|base|both');
    expect(terminal.output).not.toContain('\u001b[?1049h');
  });
});

describe('leaving', () => {
  it.each([
    ['q', 'q', 0],
    ['Ctrl-C', '\u0003', 130],
  ])('with %s keeps every choice, and gives the terminal back', async (_name, key, code) => {
    const cwd = ledger('small');
    const terminal = resolve(cwd);
    await terminal.until(/0 of 3 resolved/);
    terminal.type('tno');
    await terminal.until(/2 of 3 resolved/);
    terminal.type(key);
    expect((await terminal.ended()).exitCode).toBe(code);
    await terminal.until(/small → main, rows merge: 2 of 3 resolved/);
    expect(terminal.isAlternate).toBe(false);
    expect(terminal.output.lastIndexOf('\u001b[?25h')).toBeGreaterThan(terminal.output.lastIndexOf('\u001b[?25l'));
    expect(terminal.output.lastIndexOf('\u001b[?2004l')).toBeGreaterThan(terminal.output.lastIndexOf('\u001b[?2004h'));
    expect(await resolved(cwd)).toBe(2);
  });

  it.each(['SIGTERM', 'SIGHUP', 'SIGKILL'])('by %s keeps every choice', async (signal) => {
    const cwd = ledger('small');
    const terminal = resolve(cwd);
    await terminal.until(/0 of 3 resolved/);
    terminal.type('tn');
    await terminal.until(/1 of 3 resolved/);
    terminal.type('o');
    await terminal.until(/2 of 3 resolved/);
    terminal.kill(signal);
    await terminal.ended();
    expect(await resolved(cwd)).toBe(2);
    if (signal === 'SIGKILL') return;
    await terminal.until(() => !terminal.isAlternate);
    expect(terminal.output.lastIndexOf('\u001b[?25h')).toBeGreaterThan(terminal.output.lastIndexOf('\u001b[?25l'));
  });

  it('says so when the merge was ended elsewhere meanwhile', async () => {
    const cwd = ledger('small');
    const terminal = resolve(cwd);
    await terminal.until(/0 of 3 resolved/);
    await aergo('merge --abort', cwd);
    terminal.type('t');
    expect((await terminal.ended()).exitCode).toBe(2);
    await terminal.until(/no merge is pending here/);
    expect(terminal.isAlternate).toBe(false);
  });

  it('asks for the passphrase of the key that seals', async () => {
    const home = join(world.directory, 'locked-home');
    cpSync(world.home, home, { recursive: true });
    const key = join(home, '.local', 'share', 'aergo', 'keys', 'ada');
    expect(await world.run('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'sesame', '-f', key])).toMatchObject({ code: 0 });
    const terminal = resolve(ledger('small'), [80, 24], { HOME: home });
    await terminal.until(/0 of 3 resolved/);
    terminal.type('tay');
    await terminal.until(/3 of 3 resolved/);
    terminal.type('s');
    await terminal.until(/Seal this\?/);
    terminal.type('y');
    await terminal.until(/passphrase of the key ada/);
    terminal.type('sesame\r');
    await terminal.until(/block 4 [0-9a-f]{7} +small → main/);
    expect((await terminal.ended()).exitCode).toBe(0);
  });

  it('seals nothing that was not shown: main moved while the question stood', async () => {
    const cwd = ledger('small');
    const terminal = resolve(cwd);
    await terminal.until(/0 of 3 resolved/);
    terminal.type('tay');
    await terminal.until(/3 of 3 resolved/);
    terminal.type('s');
    await terminal.until(/Seal this\?/);
    await aergo('call bank.open_accounts 2001 2001', cwd);
    terminal.type('y');
    expect((await terminal.ended()).exitCode).toBe(75);
    await terminal.until(/nothing was sealed/);
    expect(await aergo('status', cwd)).toContain('on main at block 4');
    expect(await resolved(cwd)).toBe(3);
  });
});

/** What a process has spent of the processor so far, in ms: it does not depend on who else is busy on this machine. */
function processorTime_ms(pid: number): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ');
  const [user = 0, system = 0] = fields.split(' ').slice(11, 13).map(Number);
  return (user + system) * 10;
}

describe('a thousand conflicts', () => {
  it.each([
    [80, 24],
    [200, 50],
  ] as const)('scroll without delay at %i×%i: a key costs less than 50 ms of the processor', async (columns, rows) => {
    const terminal = resolve(ledger('big'), [columns, rows]);
    await terminal.until(/0 of 1,000 resolved/);
    const before = processorTime_ms(terminal.pid);
    for (let place = 2; place <= 31; place += 1) {
      terminal.type('n');
      await terminal.until(new RegExp(` ${place} of 1,000   open`));
    }
    for (let count = 1; count <= 20; count += 1) {
      terminal.type('t');
      await terminal.until(new RegExp(`${count} of 1,000 resolved`));
      terminal.type('n');
      await terminal.until(new RegExp(` ${31 + count} of 1,000   open`));
    }
    expect((processorTime_ms(terminal.pid) - before) / 70).toBeLessThan(50);
  });

  it('are settled as one, and sealed', async () => {
    const cwd = ledger('big');
    const terminal = resolve(cwd);
    await terminal.until(/0 of 1,000 resolved/);
    terminal.type('+a');
    await terminal.until(/for 1,000 conflicts of this table/);
    terminal.type('ys');
    await terminal.until(/1,000 conflicts: 1,000 both changes/);
    terminal.type('y');
    expect((await terminal.ended()).exitCode).toBe(0);
    await terminal.until(/rows merge, 1,000 confl/);
    expect(await aergo('get bank.accounts acc0000999', cwd)).toContain('106.00');
  });
});
