/**
 * The ledger's vectors: a small history made from fixed keys, times and randomness, and a fixed engine description. Written
 * into fixtures/format/ledger.json on purpose only (`node tools/freeze-ledger-vectors.ts`); test/format/ledger.test.ts makes
 * the history anew and compares.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SigningKey, signingKeyFromSeed } from '../src/crypto/key.ts';
import { conflictId } from '../src/merge/conflict.ts';
import { Repository } from '../src/repository.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const keyOf = (name: string) => signingKeyFromSeed(digest(`aergo vector key ${name}`));

const engineDescription = '{"format":1,"note":"fixed for vectors"}\n';

const source = `CREATE TABLE accounts (
    owner   text PRIMARY KEY,
    balance numeric(15,2) NOT NULL CHECK (balance >= 0)
);

CREATE FUNCTION open_account(owner text, balance numeric(15,2)) RETURNS void AS $$
BEGIN
    INSERT INTO accounts VALUES (open_account.owner, open_account.balance);
END
$$;

CREATE FUNCTION pay(sender text, recipient text, amount numeric(15,2)) RETURNS text AS $$
BEGIN
    UPDATE accounts SET balance = balance - amount WHERE owner = sender AND balance >= amount;
    IF NOT FOUND THEN RAISE EXCEPTION 'Not enough balance'; END IF;
    UPDATE accounts SET balance = balance + amount WHERE owner = recipient;
    RETURN 'OK';
END
$$;
`;

/** What makes the bank one whose conflicts are settled by it: balances are the base's and both changes. */
const settling = `
CREATE FUNCTION close_account(owner text) RETURNS void AS $$
BEGIN
    DELETE FROM accounts WHERE accounts.owner = close_account.owner;
END
$$;

CREATE FUNCTION settle(table_name text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
BEGIN
    IF ours IS NULL OR theirs IS NULL THEN RAISE EXCEPTION 'closed on one side'; END IF;
    RETURN ours || jsonb_build_object('balance', (
        (ours->>'balance')::numeric + (theirs->>'balance')::numeric - (base->>'balance')::numeric)::text);
END
$$;
`;

/** Merges with one side chosen of every conflict that is left to people. */
async function mergeWith(
  repository: Repository,
  source: string,
  sealer: SigningKey,
  side: 'ours' | 'theirs',
  options: { rows?: true } = {},
): Promise<void> {
  const { conflicts } = await repository.merge({ source, sealer, dryRun: true, ...options });
  const choices = new Map(conflicts?.left.map((one) => [conflictId(one), { row: one[side] }]));
  await repository.merge({ source, sealer, choices, ...options });
}

/** What the vector fixes of a block. */
export interface BlockVector {
  readonly id: string;
  readonly subject: string;
  readonly transactions: readonly string[];
  readonly receipts: readonly unknown[];
}

/**
 * Every kind of block and transaction of format 1: genesis, deploy, import, calls, a branch, a merge with a drop, a
 * migration, a transaction signed anew for the dropped one, a revert, an agreed merge with conflicts that the contract and a
 * person settle, a rows merge.
 */
export async function makeVectors(): Promise<{
  repository: string;
  directory: string;
  snapshot: string;
  blocks: BlockVector[];
}> {
  const folder = mkdtempSync(join(tmpdir(), 'aergo-vectors-'));
  let time = Date.UTC(2026, 10, 20);
  let drawn = 0;
  const options = {
    clock: () => {
      time += 1_234;
      return time;
    },
    random: (bytes: number) => {
      drawn++;
      return digest(`aergo vector random ${drawn}`).subarray(0, bytes);
    },
    holder: { pid: 1, command: 'vectors', since: time },
    lockTimeout_ms: 1_000,
    engineDescription,
  };
  const [ada, bob] = [keyOf('ada'), keyOf('bob')];
  const repository = await Repository.init(join(folder, '.aergo'), {
    ...options,
    key: ada,
    memberName: 'ada',
    visibility: 'public',
  });
  try {
    await repository.addMember({ name: 'bob', member: bob.id, roles: ['write'], key: ada });
    await repository.deploy({ name: 'bank', source, key: ada });
    async function* rows() {
      for (let index = 0; index < 300; index++) yield [`account ${index}`, `${index}.50`];
    }
    await repository.importRows({ table: 'bank.accounts', columns: ['owner', 'balance'], rows: rows(), key: ada });
    const pay = (sender: string, recipient: string, amount: string, more = {}) =>
      repository.call({
        contract: 'bank',
        function: 'pay',
        args: [sender, recipient, amount],
        key: bob,
        sealer: ada,
        ...more,
      });
    await repository.call({
      contract: 'bank',
      function: 'open_account',
      args: ['zoë\u2028', '1'],
      key: bob,
      sealer: ada,
    });
    const version = (await repository.get('bank.accounts', ['account 7']))?.version ?? null;
    const conditions = {
      base: '@',
      expect: [{ table: 'bank.accounts', key: ['account 7'], version }],
      expires: Date.UTC(2027, 0, 1),
    };
    await pay('account 7', 'account 8', '1.25', conditions);
    await repository.createBranch('side');
    await pay('account 7', 'account 9', '6', { on: 'side' });
    await pay('account 8', 'account 9', '2', { on: 'side' });
    await pay('account 7', 'account 1', '3', { merge: false });
    const merged = await repository.merge({ source: 'side', sealer: ada });
    const many = Array.from({ length: 300 }, () =>
      JSON.stringify({ args: ['account 299', 'account 0', '0.01'], contract: 'bank', function: 'pay', kind: 'call' }),
    );
    await repository.submit(many, { sealer: ada, key: bob });
    await repository.createSnapshot('v1', '@~1', ada);
    const second = source.replace('balance numeric(15,2)', 'kind text NOT NULL,\n  balance numeric(16,2)');
    if (second === source) throw new Error('the source has no such column');
    const migrate = `ALTER TABLE accounts ADD COLUMN kind text DEFAULT 'old';
ALTER TABLE accounts ALTER COLUMN balance TYPE numeric(16,2);
`;
    await repository.deploy({ name: 'bank', source: second, migrate, key: ada });
    const instead = merged.dropped[0]?.receipt.tx;
    const anew = { args: ['account 7', 'account 9', '2.5'], contract: 'bank', function: 'pay', kind: 'call', instead };
    const { applied } = await repository.submit([JSON.stringify(anew)], { sealer: ada, key: bob });
    await repository.submit([JSON.stringify({ kind: 'revert', of: applied[0]?.transaction })], {
      sealer: ada,
      key: ada,
    });
    await repository.deploy({ name: 'bank', source: `${second}${settling}`, key: ada });
    await repository.createBranch('agreed', '@', { mergeContract: 'bank.settle' });
    await repository.createBranch('rows');
    const close = (owner: string, on: string) =>
      repository.call({ contract: 'bank', function: 'close_account', args: [owner], key: bob, sealer: ada, on });
    await pay('account 20', 'account 21', '1.25', { on: 'agreed' });
    await close('account 22', 'agreed');
    await pay('account 20', 'account 22', '2.5');
    await mergeWith(repository, 'agreed', ada, 'ours');
    await pay('account 20', 'account 23', '0.25', { on: 'rows' });
    await mergeWith(repository, 'rows', ada, 'theirs', { rows: true });
    return { repository: repository.id, ...refsOf(repository), blocks: await blocksOf(repository) };
  } finally {
    await repository.close();
    rmSync(folder, { recursive: true });
  }
}

function refsOf(repository: Repository): { directory: string; snapshot: string } {
  const [snapshot] = repository.snapshots();
  return { directory: repository.directoryVersion, snapshot: snapshot?.id ?? '' };
}

async function blocksOf(repository: Repository): Promise<BlockVector[]> {
  const blocks: BlockVector[] = [];
  for (const { id, subject, counts } of (await repository.log()).reverse()) {
    const shown = await repository.show(id);
    if (shown.kind !== 'block') throw new Error('a block shows as something else');
    // The long block is fixed by its id; its 300 transactions need not stand here.
    const listed = counts.applied > 20 ? [] : [...shown.transactions, ...shown.dropped];
    blocks.push({ id, subject, transactions: listed.map((one) => one.id), receipts: listed.map((one) => one.receipt) });
  }
  return blocks;
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(
    join(import.meta.dirname, '../fixtures/format/ledger.json'),
    `${JSON.stringify(await makeVectors(), null, 2)}\n`,
  );
}
