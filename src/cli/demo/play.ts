/**
 * What the demo does, in order: three banks share a ledger, run payments on main and on a branch, merge, and check all of it.
 * Every step is a command that anybody can type.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes } from '../../errors.ts';
import { banks, banksCsv, type DemoData, type RunName } from './banks.ts';
import type { Stage } from './stage.ts';

/** Seconds that the commands of a kind took, each from its start to its end. */
export interface DemoTimes {
  submit: number;
  merge: number;
  verify: number;
}

const branch = 'insurance';
const founder = banks[0]?.name ?? '';

/**
 * Plays it in `directory`, where the demo's files lie, and leaves the ledger in `ledger/`.
 * @returns how long the commands took that the summary gives rates for
 */
export async function play(stage: Stage, directory: string, data: DemoData): Promise<DemoTimes> {
  const times: DemoTimes = { submit: 0, merge: 0, verify: 0 };
  await found(stage, directory, data);
  stage.say('The day begins: household payments, as transactions that each bank signs.');
  times.submit += await submit(stage, 'regular');
  await refuse(stage, data);
  stage.say('Insurances are tried on a branch first.');
  await stage.aergo(['switch', '-c', branch]);
  times.submit += await submit(stage, branch);
  stage.say('Meanwhile instalments are paid on main, some from accounts that now cannot pay their insurance too.');
  await stage.aergo(['switch', 'main']);
  times.submit += await submit(stage, 'instalments');
  await compare(stage, data);
  times.merge = await merge(stage, data);
  times.verify = await check(stage, directory);
  await hand(stage);
  return times;
}

async function found(stage: Stage, directory: string, { receivers }: DemoData): Promise<void> {
  stage.say(`${banks.length} banks make a key each; the first makes the ledger, and seals its blocks.`);
  for (const { name } of banks) await stage.aergo(['key', 'generate', name]);
  await stage.aergo(['init', 'ledger', '--key', founder]);
  stage.enter('ledger');
  await stage.aergo(['config', 'set', 'seal.key', founder]);
  stage.say('The other banks become members: they sign their own payments.');
  for (const { name } of banks) {
    if (name === founder) continue;
    await stage.aergo(['member', 'add', name, name, '--role', 'write', '--key', founder]);
  }
  stage.say(
    'The contract says who may spend what; the tables are filled from files (input/banks.csv gets the key ids).',
  );
  await stage.aergo(['contract', 'check', '../bank.sql']);
  await stage.aergo(['contract', 'deploy', '../bank.sql', '--key', founder]);
  const { text } = await stage.aergo(['key', 'list', '--json']);
  writeFileSync(join(directory, 'input', 'banks.csv'), banksCsv(readKeys(text), receivers));
  await stage.aergo(['import', 'csv', '../input/banks.csv', '--into', 'bank.banks', '--key', founder]);
  const layout = ['--delimiter', 'tab', '--no-header', '--columns', 'account,bank,balance'];
  await stage.aergo(['import', 'csv', '../input/accounts.tsv', '--into', 'bank.accounts', ...layout, '--key', founder]);
  await sumOfBalances(stage);
}

function readKeys(text: string): Map<string, string> {
  const { keys }: { keys: { name: string; id: string }[] } = JSON.parse(text);
  return new Map(keys.map(({ name, id }) => [name, id]));
}

async function submit(stage: Stage, run: RunName): Promise<number> {
  let seconds = 0;
  for (const { name } of banks) {
    seconds += (await stage.aergo(['submit', `../input/${run}-${name}.ndjson`, '--key', name])).seconds;
  }
  return seconds;
}

/** Another bank's key cannot spend from the account. */
async function refuse(stage: Stage, { shortAccounts }: DemoData): Promise<void> {
  const { account, bank } = shortAccounts[0] ?? { account: '', bank: '' };
  const other = banks.find(({ name }) => name !== bank)?.name ?? '';
  stage.say(`The bank ${other} cannot spend from account ${account}, which the bank ${bank} keeps.`);
  const payment = ['theft', account, 'AB', '1', '10.00', 'HH'];
  await stage.aergo(['call', '--key', other, 'bank.pay', ...payment], { code: exitCodes.rejected });
}

async function compare(stage: Stage, { shortAccounts }: DemoData): Promise<void> {
  stage.say('Where the two stand, and how they differ; one account on both.');
  await stage.aergo(['branch']);
  await stage.aergo(['diff', '--stat', 'main', branch]);
  const account = shortAccounts[0]?.account ?? '';
  for (const revision of ['main', branch]) await stage.aergo(['get', 'bank.accounts', account, '--at', revision]);
}

async function merge(stage: Stage, { shortAccounts }: DemoData): Promise<number> {
  stage.say('The merge runs the branch’s payments again on main. First: what would it do?');
  await stage.aergo(['merge', branch, '--dry-run', '--key', founder]);
  const { text, seconds } = await stage.aergo(['merge', branch, '--key', founder]);
  stage.say(
    'One dropped payment as a whole; the receiving bank’s balance before the merge, and now; no money came or went.',
  );
  const dropped = /dropped ([0-9a-f]{7,})/.exec(text)?.[1];
  if (dropped !== undefined) await stage.aergo(['receipt', dropped]);
  const clearing = `clearing-${shortAccounts[0]?.toBank ?? ''}`;
  for (const revision of ['@~1', '@']) await stage.aergo(['get', 'bank.accounts', clearing, '--at', revision]);
  await sumOfBalances(stage);
  await stage.aergo(['snapshot', 'day-1', '--key', founder]);
  await stage.aergo(['log', '--graph']);
  return seconds;
}

async function sumOfBalances(stage: Stage): Promise<void> {
  await stage.aergo(['query', 'SELECT count(*) AS accounts, sum(balance) AS money FROM bank.accounts']);
}

/** Changes one bit in the byte of the file at the place. */
const flip =
  'const fs = require("fs"), [file, at] = process.argv.slice(1), bytes = fs.readFileSync(file); bytes[at] ^= 1; fs.writeFileSync(file, bytes)';

async function check(stage: Stage, directory: string): Promise<number> {
  stage.say('Everything is checked: every signature, every payment run again from the first block on an empty engine.');
  const { seconds } = await stage.aergo(['verify']);
  stage.say('One bit of one byte is changed in a copy.');
  await stage.shell('cp -R . ../damaged');
  const { file, middle } = largestVolume(join(directory, 'damaged', '.aergo', 'volumes'));
  await stage.node(['-e', flip, `../damaged/.aergo/volumes/${file}`, String(middle)]);
  await stage.aergo(['-C', '../damaged', 'verify'], { code: exitCodes.integrity });
  await stage.aergo(['-C', '../damaged', 'fsck'], { code: exitCodes.integrity });
  return seconds;
}

function largestVolume(directory: string): { file: string; middle: number } {
  const sizes = readdirSync(directory).map((file) => ({ file, size: statSync(join(directory, file)).size }));
  const [largest] = sizes.toSorted((a, b) => b.size - a.size);
  return { file: largest?.file ?? '', middle: Math.floor((largest?.size ?? 0) / 2) };
}

/** Hands the ledger to stock Git. */
async function hand(stage: Stage): Promise<void> {
  stage.say('The same ledger as a Git repository: every block is a commit whose signature Git itself checks.');
  await stage.aergo(['export', 'git', '../exported']);
  await stage.aergo(['key', 'export', '--allowed-signers'], { into: '../allowed-signers' });
  const missing = ['git', 'ssh-keygen'].filter((program) => spawnSync(program, ['--help'], { stdio: 'ignore' }).error);
  if (missing.length > 0) {
    stage.say(`Not checked here: ${missing.join(' and ')} cannot be found.`);
    return;
  }
  const git = 'git -C ../exported -c gpg.ssh.allowedSignersFile=../allowed-signers';
  await stage.shell(`${git} verify-commit $(git -C ../exported rev-list --all)`);
  await stage.shell('git -C ../exported fsck --strict --no-dangling --no-progress');
}
