/**
 * The directory's vectors: a chain of versions with everything that a version can hold, made from fixed keys, times and
 * randomness. Written into fixtures/format/directory.json on purpose only (`node tools/freeze-directory-vectors.ts`);
 * test/format/directory.test.ts makes the chain anew and compares.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type SigningKey, signingKeyFromSeed } from '../src/crypto/key.ts';
import { versionsBack } from '../src/directory/chain.ts';
import type { DirectoryVersion } from '../src/directory/version.ts';
import type { Oid } from '../src/object/oid.ts';
import { type ObjectSource, readTree } from '../src/object/source.ts';
import { createBranch, createSnapshot, deleteBranch } from '../src/repository/branches.ts';
import type { RepositoryContext } from '../src/repository/context.ts';
import { publishedRefs, type Step, writeVersions } from '../src/repository/directory-write.ts';
import { initRepository } from '../src/repository/init.ts';
import { keyRotated, memberAdded, memberRemoved } from '../src/repository/members.ts';
import { type PolicyChange, policyChanged } from '../src/repository/policy.ts';
import { applyProposal, approveProposal, propose } from '../src/repository/proposal.ts';

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
const keyOf = (name: string): SigningKey => signingKeyFromSeed(digest(`aergo vector key ${name}`));
const [ada, bob, carol, server] = [keyOf('ada'), keyOf('bob'), keyOf('carol'), keyOf('server')];

/** What the vector fixes of a version. */
export interface VersionVector {
  readonly version: number;
  readonly id: string;
  /** The tree without approvals: what approvals sign. */
  readonly draft: string;
  readonly message: string;
  /** Every file by its path. */
  readonly files: Readonly<Record<string, string>>;
}

export async function makeVectors(): Promise<{ repository: string; versions: VersionVector[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'aergo-vectors-'));
  let time = Date.UTC(2026, 10, 20);
  let drawn = 0;
  const context = await initRepository(join(folder, '.aergo'), {
    clock: () => {
      time += 1_234;
      return time;
    },
    random: (bytes) => {
      drawn++;
      return digest(`aergo vector random ${drawn}`).subarray(0, bytes);
    },
    holder: { pid: 1, command: 'vectors', since: time },
    lockTimeout_ms: 1_000,
    engineDescription: '{"format":1,"note":"fixed for vectors"}\n',
    key: ada,
    memberName: 'ada',
    visibility: 'public',
  });
  try {
    await writeChain(context);
    const versions = [...versionsBack(context.directoryReader, context.directoryVersion.id)].reverse();
    return { repository: context.repositoryId, versions: versions.map((one) => vectorOf(context.store, one)) };
  } finally {
    await context.close();
    rmSync(folder, { recursive: true });
  }
}

async function writeChain(context: RepositoryContext): Promise<void> {
  const write = (key: SigningKey, ...steps: Step[]) => writeVersions(context, steps, { key });
  const member = (name: string, key: SigningKey, ...roles: string[]) =>
    write(ada, memberAdded(context, { name, member: key.id, roles, key: ada }));
  const policy = (change: PolicyChange) => write(ada, policyChanged(context, change));
  await member('bob', bob, 'admin');
  await member('carol\u2028', carol, 'write', 'seal:team/*', 'merge:main');
  await member('the server', server, 'publish');
  await createBranch(context, 'team/a%b');
  await createSnapshot(context, 'v1', '@', ada);
  await write(server, publishedRefs(context));
  await policy({ visibility: 'private', home: 'https://example.org/shop', lifetime: 2_592_000_000 });
  const holds = {
    approvals: 2,
    merge: ['agreed', 'automatic'] as ('agreed' | 'automatic')[],
    resolvers: ['0'.repeat(64)],
  };
  await policy({ threshold: 2, rule: { ref: 'refs/heads/*', holds } });
  await deleteBranch(context, 'team/a%b');
  const removed = memberRemoved(context, { member: 'carol\u2028', reason: 'left', key: ada });
  const proposal = propose(context, removed.at(-1) ?? (() => undefined));
  await applyProposal(context, approveProposal(context, proposal.text, bob).text, ada);
  await write(bob, ...keyRotated(context, { key: bob, successor: keyOf('bob 2').id, reason: 'rotated' }));
  await write(server, () => ({}));
}

function vectorOf(source: ObjectSource, version: DirectoryVersion): VersionVector {
  const { id, draft, commit } = version;
  const files: Record<string, string> = {};
  const visit = (tree: Oid, path: string): void => {
    for (const { mode, name, oid } of readTree(source, tree)) {
      if (mode === '40000') visit(oid, `${path}${name}/`);
      else files[`${path}${name}`] = Buffer.from(source.read(oid).body).toString('utf8');
    }
  };
  visit(commit.tree, '');
  return { version: version.version, id, draft, message: commit.message, files };
}

if (process.argv[1] === import.meta.filename) {
  writeFileSync(
    join(import.meta.dirname, '../fixtures/format/directory.json'),
    `${JSON.stringify(await makeVectors(), null, 2)}\n`,
  );
}
