/** What the store's tests are made with: directories of their own, blobs and blocks as real Git objects, and options. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { encodeCommit } from '../../src/object/commit.ts';
import type { Oid } from '../../src/object/oid.ts';
import { encodeTree } from '../../src/object/tree.ts';
import type { Operation } from '../../src/store/commit-record.ts';
import type { StoreOptions } from '../../src/store/open.ts';
import { Store, type StoreWrite } from '../../src/store/store.ts';
import type { BlockObjects } from '../../src/store/write-plan.ts';
import { newObject } from './objects.ts';

/** An `.aergo` directory that does not exist yet and goes with the test. */
export function newDirectory(): string {
  const parent = mkdtempSync(join(tmpdir(), 'aergo-store-'));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, '.aergo');
}

/** Derives, as the ledger will, from the block's own objects: so a replay that reads wrongly is noticed. */
export const options: StoreOptions = {
  derive: (block, source) => [
    { key: `size/${block}`, value: String(source.read(block).body.length) },
    { key: 'last', value: block },
  ],
  holder: { pid: process.pid, command: 'aergo test', since: 1_700_000_000_000 },
  lockTimeout_ms: 2_000,
};

export const operation: Operation = { time: 1_700_000_000_000, command: 'aergo test', head: 'refs/heads/main' };

/** A block whose tree has the given files, on top of `parents`. */
export function newBlock(
  files: Record<string, string>,
  parents: readonly Oid[] = [],
  message = 'block\n',
): BlockObjects {
  const blobs = Object.entries(files).map(([name, text]) => ({ name, blob: newObject('blob', text) }));
  const entries = blobs.map(({ name, blob }) => ({ mode: '100644' as const, name, oid: blob.oid }));
  const tree = newObject('tree', encodeTree(entries));
  const who = { name: 'sealer', email: 'sealer', seconds: 1_700_000_000 };
  const body = encodeCommit({ tree: tree.oid, parents, author: who, committer: who, message });
  const commit = newObject('commit', body);
  return { id: commit.oid, objects: [...blobs.map(({ blob }) => blob), tree, commit] };
}

/** A write that puts one block on `refs/heads/main`. */
export function blockWrite(block: BlockObjects, old: Oid | null = null, height = 0): StoreWrite {
  const start = old === null ? { start: '0123456789abcdef' } : {};
  return { blocks: [block], refs: [{ name: 'refs/heads/main', old, new: block.id, height, ...start }], operation };
}

/** Writes a chain of small blocks, one a write, and gives them. */
export async function writeChain(store: Store, count: number, fill = ''): Promise<BlockObjects[]> {
  const blocks: BlockObjects[] = [];
  for (let height = 0; height < count; height++) {
    const last = blocks.at(-1)?.id;
    const parents = last === undefined ? [] : [last];
    const block = newBlock({ fixed: 'the same in every block', text: `block ${height} ${fill}` }, parents);
    await store.write(blockWrite(block, last ?? null, height));
    blocks.push(block);
  }
  return blocks;
}

/** Everything that a store answers, for comparing two of them. */
export async function answers(store: Store, blocks: readonly BlockObjects[]): Promise<unknown> {
  const derived: [string, string][] = [];
  for await (const entry of store.derivedRange('')) derived.push(entry);
  const ids = blocks.map(({ id }) => id);
  const pack = store.pack(ids.filter((id) => store.has(id)));
  return {
    refs: store.refs(),
    head: store.head,
    derived,
    operations: [...store.operations()],
    objects: blocks.flatMap(({ objects }) => objects.map(({ oid }) => (store.has(oid) ? store.read(oid) : null))),
    pack: [pack.count, ...[...pack.entries()].flatMap(({ oid, bytes }) => [oid, bytes])].map(String),
  };
}

/** Opens, gives the store to `use`, closes. */
export async function withStore<T>(
  directory: string,
  use: (store: Store) => Promise<T> | T,
  open: 'open' | 'create' | 'rebuild' = 'open',
  more: Partial<StoreOptions> = {},
): Promise<T> {
  const store = await Store[open](directory, { ...options, ...more });
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}
