/**
 * A block: a signed Git commit whose tree holds header, engine description, transactions, receipts and state.
 * Frozen: docs/format.md, vectors in fixtures/format/. There is exactly one way to write given content, so whoever reads
 * a block can build it again and compare ids.
 */
import { canonicalJson, parseCanonicalJson } from '../crypto/canonical-json.ts';
import { type KeyId, parseKeyId, type SigningKey } from '../crypto/key.ts';
import { signSsh, verifySsh } from '../crypto/sshsig.ts';
import { AergoError } from '../errors.ts';
import { type Commit, commitPayload, decodeCommit, encodeCommit, type Signature } from '../object/commit.ts';
import type { Oid } from '../object/oid.ts';
import { type ObjectBuffer, type ObjectSource, readBlob, readTree } from '../object/source.ts';
import { encodeTree, type TreeEntry } from '../object/tree.ts';
import { decodeConflict, type SettledConflict } from './conflict-list.ts';
import { beforeTheCut } from './cut.ts';
import { type BlockHeader, headerSchema } from './header.ts';
import { putLines, readLines } from './lines.ts';
import { blockMessage } from './message.ts';
import { type Receipt, receiptSchema } from './receipt.ts';
import { Recent } from './recent.ts';
import { decodeTransaction, type SignedTransaction } from './transaction.ts';

/** A block's id: its commit's. */
export type BlockId = Oid;

/** What a block holds, before it is signed. */
export interface BlockContent {
  readonly header: BlockHeader;
  readonly parents: readonly BlockId[];
  /** Blob id of the engine's description. */
  readonly engine: Oid;
  /** Those that took effect, in order. */
  readonly transactions: readonly SignedTransaction[];
  /** One for each of `transactions` in the same order; in a merge then those of the others. */
  readonly receipts: readonly Receipt[];
  /** Of a merge row by row: its conflicts in order, a canonical JSON line each (conflict-list.ts). */
  readonly conflicts?: readonly string[];
  readonly state: Oid;
  /** `data/<oid>`: what imports brought and the state does not hold under that id. */
  readonly data: readonly Pick<TreeEntry, 'mode' | 'oid'>[];
}

/** A block as read: its commit, header and the entries of its tree; lists are read when asked for. */
export interface Block {
  readonly id: BlockId;
  readonly commit: Commit;
  readonly header: BlockHeader;
  readonly sealer: KeyId;
  readonly engine: Oid;
  readonly state: Oid;
  readonly entries: ReadonlyMap<string, TreeEntry>;
}

const entryNames = new Set(['block.json', 'conflicts', 'data', 'engine.json', 'receipts', 'state', 'transactions']);

/** Who signs, as Git has it: the key's id as name and as mail, whole seconds. */
export const keySignature = (key: KeyId, time_ms: number): Signature => ({
  name: key,
  email: key,
  seconds: Math.floor(time_ms / 1000),
});

/** The commit of this content without its signature; its tree's objects are put into `buffer`. */
function unsignedCommit(buffer: ObjectBuffer, content: BlockContent, sealer: KeyId): Commit {
  const signature = keySignature(sealer, content.header.time);
  return {
    tree: putBlockTree(buffer, content),
    parents: content.parents,
    author: signature,
    committer: signature,
    message: blockMessage(
      content.header,
      content.transactions.map((signed) => signed.transaction),
    ),
  };
}

/** The tree of a block with this content; everything below it that is new is put into `buffer`. */
export function putBlockTree(buffer: ObjectBuffer, content: BlockContent): Oid {
  const header = Buffer.from(`${canonicalJson(content.header)}\n`);
  const entries: (TreeEntry | undefined)[] = [
    { mode: '100644', name: 'block.json', oid: buffer.put('blob', header) },
    { mode: '100644', name: 'engine.json', oid: content.engine },
    putLines(
      buffer,
      'transactions',
      content.transactions.map((signed) => signed.line),
    ),
    putLines(
      buffer,
      'receipts',
      content.receipts.map((receipt) => canonicalJson(receipt)),
    ),
    putLines(buffer, 'conflicts', content.conflicts ?? []),
    { mode: '40000', name: 'state', oid: content.state },
  ];
  if (content.data.length > 0) {
    const data = content.data.map(({ mode, oid }) => ({ mode, name: oid, oid }));
    entries.push({ mode: '40000', name: 'data', oid: buffer.put('tree', encodeTree(data)) });
  }
  return buffer.put('tree', encodeTree(entries.filter((entry) => entry !== undefined)));
}

/** Builds and signs a block; its new objects, the commit last, are in `buffer`. */
export function sealBlock(buffer: ObjectBuffer, content: BlockContent, sealer: SigningKey): BlockId {
  const commit = unsignedCommit(buffer, content, sealer.id);
  const signature = signSsh(sealer, commitPayload(commit), 'git');
  return buffer.put('commit', encodeCommit({ ...commit, signature }));
}

const invalid = (id: BlockId, what: string, details: Record<string, unknown> = {}): AergoError =>
  new AergoError('AERGO_BLOCK_INVALID', `block ${id.slice(0, 7)}: ${what}`, { details: { block: id, ...details } });

/** Reads blocks from objects, with the blocks read last kept. Structure is checked; what must follow is verify.ts's. */
export class BlockReader {
  readonly source: ObjectSource;
  readonly #isCut: () => boolean;
  readonly #blocks = new Recent<BlockId, Block>(4_096);
  readonly #transactions = new Recent<BlockId, SignedTransaction[]>(16);
  readonly #receipts = new Recent<BlockId, Receipt[]>(16);

  /** @param isCut whether blocks are missing that others name as their parents (cut.ts) */
  constructor(source: ObjectSource, isCut: () => boolean = () => false) {
    this.source = source;
    this.#isCut = isCut;
  }

  /** Throws `AERGO_HISTORY_CUT` for one that is missing since the history is cut, `AERGO_BLOCK_INVALID` where the commit or its tree is not a block's. */
  block(id: BlockId): Block {
    const known = this.#blocks.get(id);
    if (known !== undefined) return known;
    if (this.#isCut() && !this.source.has(id)) throw beforeTheCut(id);
    return this.#blocks.set(id, readBlock(this.source, id));
  }

  header(id: BlockId): BlockHeader {
    return this.block(id).header;
  }

  /** The transactions that took effect in the block, in order. */
  transactions(id: BlockId): readonly SignedTransaction[] {
    const known = this.#transactions.get(id);
    if (known !== undefined) return known;
    const repository = this.repositoryOf(id);
    const lines = readLines(this.source, this.block(id).entries.get('transactions'));
    return this.#transactions.set(
      id,
      lines.map((line) => decodeTransaction(repository, line)),
    );
  }

  /** One for each of its transactions in the same order, then those of what a merge dropped or left out. */
  receipts(id: BlockId): readonly Receipt[] {
    return (
      this.#receipts.get(id) ??
      this.#receipts.set(id, readReceipts(this.source, id, this.block(id).entries.get('receipts')))
    );
  }

  /** Of an agreed or a rows merge: the conflicts that it met, in table and name order. */
  conflicts(id: BlockId): readonly SettledConflict[] {
    return readLines(this.source, this.block(id).entries.get('conflicts')).map(decodeConflict);
  }

  /** The id of the repository that the block belongs to: its genesis block's. */
  repositoryOf(id: BlockId): Oid {
    const header = this.header(id);
    return header.kind === 'genesis' ? id : header.repository;
  }

  /** The text of `engine.json` of the block. */
  engineText(id: BlockId): string {
    return Buffer.from(readBlob(this.source, this.block(id).engine)).toString('utf8');
  }
}

/** The receipts of a block by its tree's entry. */
function readReceipts(source: ObjectSource, id: BlockId, entry: TreeEntry | undefined): Receipt[] {
  return readLines(source, entry).map((line) => {
    const parsed = receiptSchema.safeParse(parseCanonicalJson(line));
    if (!parsed.success) throw invalid(id, 'a receipt is not one', { receipt: line.slice(0, 200) });
    return parsed.data;
  });
}

function readBlock(source: ObjectSource, id: BlockId): Block {
  const object = source.read(id);
  if (object.type !== 'commit') throw invalid(id, `it is a ${object.type}, not a commit`);
  const commit = decodeCommit(object.body);
  const entries = new Map(readTree(source, commit.tree).map((entry) => [entry.name, entry]));
  for (const name of entries.keys())
    if (!entryNames.has(name)) throw invalid(id, `it holds ${JSON.stringify(name)}, which no block has`);
  const required = (name: string, mode: TreeEntry['mode']): Oid => {
    const entry = entries.get(name);
    if (entry?.mode !== mode) throw invalid(id, `${name} is missing`);
    return entry.oid;
  };
  const header = decodeHeader(id, readBlob(source, required('block.json', '100644')));
  return {
    id,
    commit,
    header,
    sealer: parseKeyId(commit.committer.name),
    engine: required('engine.json', '100644'),
    state: required('state', '40000'),
    entries,
  };
}

function decodeHeader(id: BlockId, bytes: Uint8Array): BlockHeader {
  const text = Buffer.from(bytes).toString('utf8');
  if (!text.endsWith('\n')) throw invalid(id, 'block.json does not end in a line feed');
  const value = parseCanonicalJson(text.slice(0, -1));
  const parsed = headerSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw invalid(id, `block.json: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trimEnd());
}

/**
 * Who signed the block. Throws `AERGO_BLOCK_INVALID` where there is no signature, it does not hold, it is another key's
 * than the committer's, or names, seconds or message are not those that follow from the content.
 */
export function checkSeal(reader: BlockReader, id: BlockId): KeyId {
  const { commit, header, sealer } = reader.block(id);
  if (commit.signature === undefined) throw invalid(id, 'it is not signed');
  let signer: KeyId;
  try {
    signer = verifySsh(commit.signature, commitPayload(commit), 'git');
  } catch (error) {
    throw new AergoError('AERGO_BLOCK_INVALID', `block ${id.slice(0, 7)}: its signature does not hold`, {
      details: { block: id },
      cause: error,
    });
  }
  if (signer !== sealer) throw invalid(id, `${sealer} is named as its sealer, ${signer} signed it`);
  const expected = keySignature(sealer, header.time);
  for (const found of [commit.author, commit.committer]) {
    if (found.name !== expected.name || found.email !== expected.email || found.seconds !== expected.seconds) {
      throw invalid(id, 'author and committer do not follow from key and time');
    }
  }
  if (
    commit.message !==
    blockMessage(
      header,
      reader.transactions(id).map((signed) => signed.transaction),
    )
  ) {
    throw invalid(id, 'its message does not follow from its content');
  }
  return sealer;
}
