/** Runs the real demo once, and holds what it said against the repository that it left. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deriveDemoData } from '../../../src/cli/demo/banks.ts';
import { isRecord } from '../schemas.ts';
import { root, World } from '../world.ts';

const world = new World();
const place = join(world.directory, 'shop');
const ledger = join(place, 'ledger');
const demoKeys = { XDG_DATA_HOME: join(place, 'home', 'data'), XDG_CONFIG_HOME: join(place, 'home', 'config') };
/** Everything that the demo printed as it ran. */
let transcript = '';
let summary: Record<string, unknown> = {};

beforeAll(async () => {
  const run = await world.json(['demo', '--into', 'shop']);
  transcript = run.stderr;
  if (run.code !== 0) throw new Error(`the demo ended with ${run.code}:\n${transcript}`);
  summary = run.value;
}, 600_000);

afterAll(() => world[Symbol.dispose]());

const ask = async (words: string[], directory = ledger) => {
  const { value } = await world.json(words, { cwd: directory, env: demoKeys });
  return value;
};
const list = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : []);

/** What was printed between a command and the next one. */
function saidBy(command: string): string {
  const from = transcript.indexOf(`$ ${command}\n`);
  if (from === -1) throw new Error(`the demo has not run: ${command}`);
  const to = transcript.indexOf('\n$ ', from + 1);
  return transcript.slice(from, to === -1 ? undefined : to);
}

const read = (name: string): string => readFileSync(join(root, 'fixtures', 'berka', `${name}.tsv`), 'utf8');
const { shortAccounts } = deriveDemoData({
  accounts: read('accounts'),
  districts: read('districts'),
  orders: read('orders'),
});

describe('the merge', () => {
  test('drops exactly the insurances of the accounts that cannot pay both, and applies the rest', async () => {
    const { transactions } = await ask(['show', 'main']);
    const shown = await ask(['show', 'main']);
    const senders = list(shown.dropped).map(({ transaction }) => (isRecord(transaction) ? transaction.args : []));
    expect(senders.map((args) => (Array.isArray(args) ? args[1] : '')).sort()).toEqual(
      shortAccounts.map(({ account }) => account).sort(),
    );
    expect(list(transactions)).toHaveLength(532 - shortAccounts.length);
  });

  test('names with each dropped payment the instalment that took the money', async () => {
    const named = [
      ...saidBy('aergo merge insurance --key prague').matchAll(
        /dropped ([0-9a-f]{7}) .* (\d+) \w\w \d+ [\d.]+ IN .*Not enough balance.*\n\s+bank\.accounts (\d+) was changed by ([0-9a-f]{7}) on main, block (\d+)/g,
      ),
    ];
    expect(named).toHaveLength(shortAccounts.length);
    for (const [, dropped = '', sender, account, cause = '', height] of named) {
      expect(account).toBe(sender);
      const taker = await ask(['tx', cause]);
      expect(taker.transaction).toMatchObject({ kind: 'call', contract: 'bank', function: 'pay' });
      const args = isRecord(taker.transaction) && Array.isArray(taker.transaction.args) ? taker.transaction.args : [];
      expect([args[1], args[5]]).toEqual([account, expect.stringMatching(/^L[OE]$/)]);
      expect(list(taker.receipts).map(({ block }) => block)).toEqual([
        expect.objectContaining({ branch: 'main', height: Number(height) }),
      ]);
      const gone = await ask(['tx', dropped]);
      expect(list(gone.receipts).map(({ receipt }) => receipt)).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ status: 'applied' }),
          expect.objectContaining({ status: 'dropped', code: 'contract-error' }),
        ]),
      );
    }
  }, 300_000);

  test('said the same as its dry run, with “would”', () => {
    const dry = saidBy('aergo merge insurance --dry-run --key prague').split('\n').slice(2);
    const real = saidBy('aergo merge insurance --key prague').split('\n').slice(2);
    const plain = (line: string) => line.replace('would drop', 'dropped').replace(/\s+/g, ' ');
    expect(dry.filter((line) => line !== '').map(plain)).toEqual(
      real.filter((line) => !line.includes('hint:') && !/^(#|$)/.test(line)).map(plain),
    );
  });
});

test('no money comes or goes', async () => {
  const sum = async (at: string) => {
    const { rows } = await ask(['query', '--at', at, 'SELECT sum(balance) FROM bank.accounts']);
    return rows;
  };
  const opening = await sum('main@3');
  expect(opening).toEqual([['2196624.59']]);
  for (const at of ['main', 'insurance', 'main~1']) expect(await sum(at)).toEqual(opening);
});

test('the balance as of before the merge is still to be read', async () => {
  const [before, now] = [...transcript.matchAll(/balance\s+([\d.]+)\n/g)].slice(-2).map((found) => found[1]);
  const command = /aergo get bank\.accounts (clearing-\w\w) --at @~1/.exec(transcript)?.[1] ?? '';
  expect(Number(now)).toBeGreaterThan(Number(before));
  expect((await ask(['get', 'bank.accounts', command, '--at', 'main~1'])).row).toMatchObject({ balance: before });
});

test('a key that may not spend was rejected, and nothing of it stayed', async () => {
  expect(transcript).toMatch(
    /bank\.pay theft .*\n.*is not yours to spend from.*AERGO_CONTRACT_REJECTED\n[^$]*\[exit 5\]/,
  );
  const { code } = await world.aergo(['get', 'bank.payments', 'theft'], { cwd: ledger });
  expect(code).toBe(1);
});

test('verify says that all is well of the ledger, and where the flipped byte is of the copy', async () => {
  const volume = ['.aergo', 'volumes', '00000001.vol'];
  const [good, bad] = [readFileSync(join(ledger, ...volume)), readFileSync(join(place, 'damaged', ...volume))];
  const changed = [...good.keys()].filter((at) => good[at] !== bad[at]);
  expect(changed).toHaveLength(1);
  expect(saidBy('aergo verify')).toContain('signatures, re-runs and states agree');
  expect(saidBy('aergo -C ../damaged verify')).toContain('[exit 6]');
  expect(saidBy('aergo -C ../damaged fsck')).toMatch(/^volume 1, offset [\d,]+: /m);
  const { code, value } = await world.json(['verify'], { cwd: join(place, 'damaged') });
  expect(code).toBe(6);
  const offset = Number(/"offset":(\d+)/.exec(JSON.stringify(value.error))?.[1]);
  expect(JSON.stringify(value.error)).toContain('"volume":1');
  expect(offset).toBeLessThanOrEqual(changed[0] ?? 0);
  expect((changed[0] ?? 0) - offset).toBeLessThan(200_000);
});

test('stock Git finds a good signature on every block', () => {
  const exported = join(place, 'exported');
  const env = { PATH: process.env.PATH, HOME: world.home };
  const git = (...words: string[]) => spawnSync('git', words, { cwd: exported, env, encoding: 'utf8' });
  const commits = (...what: string[]) =>
    git('rev-list', ...what)
      .stdout.trimEnd()
      .split('\n');
  const blocks = commits('--branches', '--tags');
  expect(blocks).toHaveLength(Number(summary.blocks));
  const signers = `gpg.ssh.allowedSignersFile=${join(place, 'allowed-signers')}`;
  const checked = git('-c', signers, 'verify-commit', ...blocks);
  expect(checked.status).toBe(0);
  expect(checked.stderr.match(/^Good "git" signature for ed25519:/gm)).toHaveLength(blocks.length);
  // The demo asks for all refs: the directory's signed commit is among them.
  const all = commits('--all');
  expect(all).toEqual(expect.arrayContaining(blocks));
  expect(transcript.match(/^Good "git" signature for ed25519:/gm)).toHaveLength(all.length);
});

test('the summary is what the blocks count', async () => {
  const blocks = list((await ask(['log', '--graph'])).blocks);
  const count = (kind: string, what: string): number =>
    blocks
      .filter((block) => block.kind === kind)
      .reduce((sum, { counts }) => sum + (isRecord(counts) ? Number(counts[what]) : 0), 0);
  expect(summary).toMatchObject({
    directory: place,
    blocks: blocks.length,
    transactions: 6471 + 3,
    merged: count('merge', 'applied'),
    dropped: count('merge', 'dropped'),
    accounts: 4513,
  });
  expect(count('block', 'applied')).toBe(6471 + 3);
});

test('the user’s own keys and settings are not touched', () => {
  expect(readdirSync(world.home)).toEqual([]);
});

test('the commands can be typed again in the directory that was kept', async () => {
  const { code, stdout, stderr } = await world.run(
    'sh',
    ['-c', '. ./env.sh && cd ledger && aergo key list && aergo get bank.accounts 1560'],
    {
      cwd: place,
    },
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^bohemia .*\nmoravia .*\nprague .*\naccount {3}1560\n/);
});
