/** Repositories to measure: in a directory of their own, with keys, randomness and a clock that are the same in every run. */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SigningKey, signingKeyFromSeed } from '../src/crypto/key.ts';
import type { RepositoryOptions } from '../src/repository/context.ts';
import { Repository } from '../src/repository.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

export const keyOf = (name: string): SigningKey => signingKeyFromSeed(digest(`key of ${name}`));

/** Options whose clock ticks a second a call and whose randomness follows from the seed. */
export function fixedOptions(seed: string): RepositoryOptions {
  let time = Date.UTC(2026, 0, 1);
  let drawn = 0;
  return {
    clock: () => {
      time += 1_000;
      return time;
    },
    random: (bytes) => {
      drawn++;
      return digest(`${seed} ${drawn}`).subarray(0, bytes);
    },
    holder: { pid: process.pid, command: 'bench', since: time },
    lockTimeout_ms: 10_000,
  };
}

/** A sequence of numbers from 0 up to a limit, the same for the same seed (mulberry32). */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const tableSource = `
CREATE TABLE accounts (
    owner   text PRIMARY KEY,
    balance numeric(15,2) NOT NULL CHECK (balance >= 0)
);
`;

const transferSource = `
CREATE FUNCTION transfer(sender text, recipient text, amount numeric(15,2)) RETURNS text AS $$
DECLARE
    available numeric;
BEGIN
    SELECT balance INTO available FROM accounts WHERE owner = sender;
    IF NOT FOUND THEN RAISE EXCEPTION 'Sender not found'; END IF;
    IF available < amount THEN RAISE EXCEPTION 'Not enough balance'; END IF;
    UPDATE accounts SET balance = balance + amount WHERE owner = recipient;
    IF NOT FOUND THEN RAISE EXCEPTION 'Receiver not found'; END IF;
    UPDATE accounts SET balance = balance - amount WHERE owner = sender;
    RETURN 'OK';
END
$$ LANGUAGE plpgsql;
`;

const depositSource = `
CREATE FUNCTION deposit(owner text, amount numeric(15,2)) RETURNS void AS $$
BEGIN
    UPDATE accounts SET balance = balance + deposit.amount WHERE accounts.owner = deposit.owner;
END
$$ LANGUAGE plpgsql;
`;

export const bankSource = `${tableSource}${transferSource}${depositSource}`;

export const accountName = (index: number): string => `acc${String(index).padStart(7, '0')}`;

/** A repository whose contract `bank` has this many accounts. */
export interface Bank {
  readonly repository: Repository;
  /** The `.aergo` directory. */
  readonly directory: string;
  readonly admin: SigningKey;
  readonly accounts: number;
}

/** Who pays: members that may write. */
export const authors: readonly SigningKey[] = Array.from({ length: 100 }, (_, index) => keyOf(`author ${index}`));

/** Runs work with a directory that is removed afterwards. */
export async function inDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), 'aergo-bench-'));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** A new repository in `directory/.aergo` with the contract, the authors as members, and no account. */
export async function newBank(directory: string, seed: string, source = bankSource): Promise<Bank> {
  const admin = keyOf('ada');
  const place = join(directory, '.aergo');
  const options = { ...fixedOptions(seed), key: admin, memberName: 'ada', visibility: 'public' } as const;
  const repository = await Repository.init(place, options);
  for (const [index, { id }] of authors.entries())
    await repository.addMember({ name: `author ${index}`, member: id, roles: ['write'], key: admin });
  await repository.deploy({ name: 'bank', source, key: admin });
  return { repository, directory: place, admin, accounts: 0 };
}

/** A new repository with accounts that have the same balance each. */
export async function bankWith(directory: string, accounts: number, balance: string, source?: string): Promise<Bank> {
  const bank = await newBank(directory, `bank of ${accounts}`, source);
  const rows = async function* () {
    for (let index = 0; index < accounts; index++) yield [accountName(index), balance];
  };
  await bank.repository.importRows({
    table: 'bank.accounts',
    columns: ['owner', 'balance'],
    rows: rows(),
    key: bank.admin,
  });
  return { ...bank, accounts };
}
