/**
 * Which blocks a version has published: those that its heads, or an earlier version's, reach. A block by a key that was
 * revoked later is valid only among them: a stolen key cannot fork the past, whatever date it claims.
 */
import type { BlockId } from '../ledger/block.ts';
import { historyCut } from '../ledger/cut.ts';
import type { Oid } from '../object/oid.ts';
import { versionsBack } from './chain.ts';
import type { Head } from './files.ts';
import type { DirectoryReader } from './version.ts';

/** Which blocks stand on which; the ledger's history is one, and so are blocks that are still being verified. */
export interface Ancestry {
  /** Whether this is only the newest part of a history (ledger/cut.ts). */
  readonly isCut: boolean;
  has(id: BlockId): boolean;
  record(id: BlockId): { readonly parents: readonly BlockId[] };
}

export class PublishedBlocks {
  readonly #versions: DirectoryReader;
  readonly #newest: Oid;
  readonly #ancestry: Ancestry;
  readonly #below = new Map<number, ReadonlySet<BlockId>>();

  /** @param newest the version in force */
  constructor(versions: DirectoryReader, newest: Oid, ancestry: Ancestry) {
    this.#versions = versions;
    this.#newest = newest;
    this.#ancestry = ancestry;
  }

  /** Whether a version below `version` published the block. The first question about a version reads what it published. */
  isPublishedBelow(block: BlockId, version: number): boolean {
    let published = this.#below.get(version);
    if (published === undefined) {
      published = this.#publishedBelow(version);
      this.#below.set(version, published);
    }
    if (published.has(block) || !this.#ancestry.isCut) return published.has(block);
    throw historyCut(
      `whether block ${block.slice(0, 7)} was published before its key was revoked cannot be told from a part of the history`,
      { block },
      'take all of it: aergo clone without --depth, or aergo fetch --unshallow',
    );
  }

  #publishedBelow(number: number): ReadonlySet<BlockId> {
    const published = new Set<BlockId>();
    let last: ReadonlyMap<string, Head> | undefined;
    for (const { version, heads } of versionsBack(this.#versions, this.#newest)) {
      if (version >= number || heads === last) continue;
      for (const { head } of heads.values()) this.#add(head, published);
      last = heads;
    }
    return published;
  }

  /** The block and its ancestors, each visited once; nothing where it is of a branch that ended and whose blocks went. */
  #add(head: BlockId, published: Set<BlockId>): void {
    const open = this.#ancestry.has(head) ? [head] : [];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (published.has(id)) continue;
      published.add(id);
      const { parents } = this.#ancestry.record(id);
      open.push(...parents.filter((parent) => !this.#ancestry.isCut || this.#ancestry.has(parent)));
    }
  }
}
