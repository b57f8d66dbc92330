/** The demo's summary: counted from the repository that it left, with the rates of the commands that filled it. */
import { join } from 'node:path';
import type { BlockSummary, Repository } from '../face.ts';
import type { Style } from '../output.ts';
import { aligned, counted, grouped } from '../render/columns.ts';
import type { DemoTimes } from './play.ts';

export interface DemoSummary {
  readonly blocks: number;
  /** Transactions that took effect where they were submitted; a merge carries some of them to another branch. */
  readonly transactions: number;
  readonly merged: number;
  readonly dropped: number;
  readonly accounts: number;
  /** Of the log: blocks, transactions, receipts and pages, all that is needed to make the rest again. */
  readonly bytes: number;
  readonly seconds: number;
  /** Transactions a second, the start of each command included. */
  readonly rates: { readonly submit: number; readonly merge: number; readonly verify: number };
}

/** @param seconds How long the whole demo took. */
export async function summarise(repository: Repository, times: DemoTimes, seconds: number): Promise<DemoSummary> {
  const blocks = await repository.log();
  const applied = (kinds: readonly BlockSummary['kind'][]): number =>
    total(blocks.filter(({ kind }) => kinds.includes(kind)).map(({ counts }) => counts.applied));
  let accounts = 0;
  for await (const _ of repository.scan('bank.accounts')) accounts++;
  const [transactions, merged] = [applied(['genesis', 'block']), applied(['merge'])];
  const dropped = total(blocks.map(({ counts }) => counts.dropped));
  return {
    blocks: blocks.length,
    transactions,
    merged,
    dropped,
    accounts,
    bytes: repository.sizes().volumes,
    seconds,
    rates: {
      submit: transactions / times.submit,
      merge: (merged + dropped) / times.merge,
      verify: (transactions + merged) / times.verify,
    },
  };
}

export function summaryLines(summary: DemoSummary, style: Style): string[] {
  const { blocks, transactions, merged, dropped, accounts, bytes, seconds, rates } = summary;
  const each = Math.round(bytes / (transactions + merged));
  const rate = (value: number): string => `${grouped(Math.round(value))} a second`;
  return [
    '',
    style.bold(`Done in ${seconds.toFixed(0)} s. The ledger holds, counted from its blocks:`),
    ...aligned([
      ['  blocks', grouped(blocks), 'each signed'],
      ['  transactions', grouped(transactions), 'each signed by its author'],
      ['  merged', grouped(merged), `and ${grouped(dropped)} dropped, each with a receipt`],
      ['  rows', counted(accounts, 'account'), 'in every block’s state'],
      ['  bytes', grouped(bytes), `${grouped(each)} a transaction run, rows and imports included`],
    ]),
    'and each command with its start, from process to durable result:',
    ...aligned([
      ['  submit', rate(rates.submit), 'signed, checked, run, sealed, written'],
      ['  merge', rate(rates.merge), 'run again, the causes of drops found'],
      ['  verify', rate(rates.verify), 'run again from the first block'],
    ]),
  ];
}

/** What to type next, in the kept directory or without one. */
export function nextLines(kept: string | undefined, style: Style): string[] {
  const next =
    kept === undefined
      ? [
          'npx aergo demo --into shop   (keeps all of it, to look around in)',
          'npx aergo init NAME          (a ledger of your own)',
        ]
      : [
          `cd ${join(kept, 'ledger')} && . ../env.sh`,
          'aergo log --graph',
          "aergo query 'SELECT * FROM bank.banks'",
          'aergo show day-1',
        ];
  return ['', style.bold('next:'), ...next.map((line) => `  ${line}`)];
}

const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
