/**
 * Nodes of table trees as they are read: decoded once, then kept, the least recently used going first.
 * Ids name content, so what is kept is right for every source; a source's own checks are made when a node is first read.
 */
import { AergoError } from '../errors.ts';
import type { Oid } from '../object/oid.ts';
import { type ObjectSource, readBlob, readTree } from '../object/source.ts';
import { decodePage, type NodeItems, type Page } from './page.ts';
import type { RowShape } from './row-shape.ts';
import { decodeTableSchema, type TableSchema } from './schema.ts';
import { stateInvalid, tableRoot } from './table-root.ts';

/** A node above the pages. */
export interface TreeNode extends NodeItems<Oid> {
  /** What its children are: pages, or nodes like itself. */
  readonly mode: '100644' | '40000';
}

interface Kept {
  readonly bytes: number;
  readonly page?: { readonly signature: string; readonly content: Page };
  readonly node?: TreeNode;
  readonly schema?: TableSchema;
}

// What a decoded item takes beside its text: two places in arrays and two string headers.
const itemOverheadBytes = 80;

/** A bounded memory of decoded nodes and schemas, for one table or for many. */
export class NodeCache {
  readonly #kept = new Map<Oid, Kept>();
  readonly #limit: number;
  #bytes = 0;

  /** @param maxBytes roughly what it may take; one node is kept whatever its size */
  constructor({ maxBytes = 32 * 1024 * 1024 }: { readonly maxBytes?: number } = {}) {
    this.#limit = maxBytes;
  }

  /** Roughly what is kept now, in bytes. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * A page's rows.
   * @param keep whether to keep it: a scan does not, lest it drive out what is read again
   * @throws AergoError AERGO_STATE_INVALID, and what the source throws
   */
  page(source: ObjectSource, shape: RowShape, oid: Oid, keep = true): Page {
    const found = this.#use(oid)?.page;
    // The same bytes under another schema have other names, or are no page at all.
    if (found !== undefined && found.signature === shape.signature) return found.content;
    const body = readBlob(source, oid);
    const content = located(oid, () => decodePage(shape, body));
    if (keep) this.#keepPage(shape, oid, content, body.length);
    return content;
  }

  /** A node's entries. @throws as `page` */
  node(source: ObjectSource, oid: Oid): TreeNode {
    const found = this.#use(oid)?.node;
    if (found !== undefined) return found;
    const node = located(oid, () => treeNode(source, oid));
    this.keepNode(oid, node);
    return node;
  }

  /** A table's schema. @throws as `page` */
  schema(source: ObjectSource, oid: Oid): TableSchema {
    const found = this.#use(oid)?.schema;
    if (found !== undefined) return found;
    const body = readBlob(source, oid);
    const schema = located(oid, () => decodeTableSchema(body));
    this.#keep(oid, { bytes: body.length * 4, schema });
    return schema;
  }

  /** Keeps a page that was just written, so that it is not decoded when it is read next. */
  keepPage(shape: RowShape, oid: Oid, page: Page): void {
    let length = 0;
    for (const line of page.values) length += line.length;
    this.#keepPage(shape, oid, page, length);
  }

  /** Keeps a node that was just written. */
  keepNode(oid: Oid, node: TreeNode): void {
    this.#keep(oid, { bytes: node.names.length * (itemOverheadBytes + 80), node });
  }

  #keepPage(shape: RowShape, oid: Oid, content: Page, length: number): void {
    const bytes = length + content.names.length * itemOverheadBytes;
    this.#keep(oid, { bytes, page: { signature: shape.signature, content } });
  }

  #use(oid: Oid): Kept | undefined {
    const kept = this.#kept.get(oid);
    if (kept === undefined) return undefined;
    // A Map keeps the order of insertion: what was used last stands last.
    this.#kept.delete(oid);
    this.#kept.set(oid, kept);
    return kept;
  }

  #keep(oid: Oid, kept: Kept): void {
    const before = this.#kept.get(oid);
    if (before !== undefined) {
      this.#kept.delete(oid);
      this.#bytes -= before.bytes;
    }
    this.#kept.set(oid, kept);
    this.#bytes += kept.bytes;
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= this.#limit || oldest === oid) break;
      this.#kept.delete(oldest);
      this.#bytes -= bytes;
    }
  }
}

function treeNode(source: ObjectSource, oid: Oid): TreeNode {
  const entries = readTree(source, oid);
  const first = entries[0];
  if (first === undefined) throw stateInvalid('a node of a table has no entry');
  const { mode } = tableRoot(first);
  if (entries.some((entry) => entry.mode !== mode)) throw stateInvalid('a node of a table has pages beside nodes');
  return { mode, names: entries.map((entry) => entry.name), values: entries.map((entry) => entry.oid) };
}

function located<T>(oid: Oid, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof AergoError) || error.code !== 'AERGO_STATE_INVALID') throw error;
    throw new AergoError(error.code, `Object ${oid.slice(0, 12)}: ${error.message}`, {
      details: { ...error.details, oid },
      cause: error,
    });
  }
}
