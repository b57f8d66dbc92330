/**
 * Repositories for tests: in a directory of their own, with keys, randomness and a clock that are the same in every run.
 * What is opened is closed and what is made is removed when the test ends.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { SigningKey } from '../../src/crypto/key.ts';
import type { RepositoryOptions } from '../../src/repository/context.ts';
import { Repository } from '../../src/repository.ts';
import { keyOf } from './repository-keys.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

export { keyOf } from './repository-keys.ts';

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
    holder: { pid: process.pid, command: 'test', since: time },
    lockTimeout_ms: 10_000,
  };
}

/** A directory that is removed when the test ends. */
export function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'aergo-test-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export interface TestRepository {
  readonly repository: Repository;
  /** The `.aergo` directory. */
  readonly directory: string;
  readonly admin: SigningKey;
  readonly options: RepositoryOptions;
}

/** A new repository whose admin is ada. */
export async function newRepository(seed = 'test', options = fixedOptions(seed)): Promise<TestRepository> {
  const directory = join(temporaryDirectory(), '.aergo');
  const admin = keyOf('ada');
  const repository = await Repository.init(directory, {
    ...options,
    key: admin,
    memberName: 'ada',
    visibility: 'public',
  });
  onTestFinished(() => closeQuietly(repository));
  return { repository, directory, admin, options };
}

/** The key of somebody whom the admin makes a member. */
export async function withMember({ repository, admin }: TestRepository, name: string, ...roles: string[]) {
  const key = keyOf(name);
  await repository.addMember({ name, member: key.id, roles, key: admin });
  return key;
}

/** Opens a repository again; closed when the test ends, if the test has not done so. */
export async function openRepository(directory: string, options = fixedOptions('opened')): Promise<Repository> {
  const repository = await Repository.open(directory, options);
  onTestFinished(() => closeQuietly(repository));
  return repository;
}

const closed = new WeakSet<Repository>();

/** Closes once, whoever asks. */
export async function closeQuietly(repository: Repository): Promise<void> {
  if (closed.has(repository)) return;
  closed.add(repository);
  await repository.close();
}

/** Accounts and the two kinds of payment of docs/cli.md's first session: one that says no, one that refuses. */
export const bankSource = `
CREATE TABLE accounts (
    owner   text PRIMARY KEY,
    balance numeric(15,2) NOT NULL CHECK (balance >= 0)
);

CREATE FUNCTION open_account(owner text, balance numeric(15,2)) RETURNS void AS $$
BEGIN
    INSERT INTO accounts VALUES (open_account.owner, open_account.balance);
END
$$;

CREATE FUNCTION transfer(sender text, recipient text, amount numeric(15,2)) RETURNS text AS $$
DECLARE
    available numeric;
BEGIN
    SELECT balance INTO available FROM accounts WHERE owner = sender;
    IF NOT FOUND THEN RETURN 'Sender not found'; END IF;
    IF available < amount THEN RETURN 'Not enough balance'; END IF;
    UPDATE accounts SET balance = balance + amount WHERE owner = recipient;
    IF NOT FOUND THEN RETURN 'Receiver not found'; END IF;
    UPDATE accounts SET balance = balance - amount WHERE owner = sender;
    RETURN 'OK';
END
$$;

CREATE FUNCTION pay(sender text, recipient text, amount numeric(15,2)) RETURNS text AS $$
DECLARE
    answer text;
BEGIN
    answer := transfer(sender, recipient, amount);
    IF answer <> 'OK' THEN RAISE EXCEPTION '%', answer; END IF;
    RETURN answer;
END
$$;
`;

/** Deploys the bank and opens accounts. */
export async function withBank(test: TestRepository, balances: Readonly<Record<string, string>>): Promise<void> {
  const { repository, admin } = test;
  await repository.deploy({ name: 'bank', source: bankSource, key: admin });
  for (const [owner, balance] of Object.entries(balances)) {
    await repository.call({ contract: 'bank', function: 'open_account', args: [owner, balance], key: admin });
  }
}
