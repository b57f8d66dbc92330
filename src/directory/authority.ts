/** The directory as the ledger judges blocks by it. */
import type { KeyId } from '../crypto/key.ts';
import type { Authority, VersionInForce } from '../ledger/authority.ts';
import type { BlockId } from '../ledger/block.ts';
import { branchRef } from '../ledger/names.ts';
import { Recent } from '../ledger/recent.ts';
import type { Oid } from '../object/oid.ts';
import { versionsBack } from './chain.ts';
import { rulesFor } from './heads.ts';
import { type Ancestry, PublishedBlocks } from './published.ts';
import { rightsOf } from './rights.ts';
import type { DirectoryReader, DirectoryVersion } from './version.ts';

export class DirectoryAuthority implements Authority {
  readonly newest: VersionInForce;
  #first: VersionInForce | undefined;
  readonly #newest: DirectoryVersion;
  readonly #versions: Generator<DirectoryVersion, void>;
  readonly #published: PublishedBlocks;
  /** All from the newest back to the oldest that was asked for. */
  readonly #chain = new Set<Oid>();
  readonly #inForce = new Recent<Oid, VersionInForce>(64);
  readonly #reader: DirectoryReader;

  /**
   * @param newest the version in force
   * @param ancestry all blocks that versions up to it may have published, verified or not
   */
  constructor(versions: DirectoryReader, newest: Oid, ancestry: Ancestry) {
    this.#reader = versions;
    this.#newest = versions.version(newest);
    this.#versions = versionsBack(versions, newest);
    this.#published = new PublishedBlocks(versions, newest, ancestry);
    this.newest = inForce(this.#newest);
  }

  get first(): VersionInForce {
    if (this.#first === undefined) {
      let oldest = this.#newest;
      for (const version of versionsBack(this.#reader, oldest.id)) oldest = version;
      this.#first = inForce(oldest);
    }
    return this.#first;
  }

  version(id: Oid): VersionInForce | undefined {
    while (!this.#chain.has(id)) {
      const { value } = this.#versions.next();
      if (!value) return undefined;
      this.#chain.add(value.id);
    }
    return this.#inForce.get(id) ?? this.#inForce.set(id, inForce(this.#reader.version(id)));
  }

  revokedIn(key: KeyId): number | undefined {
    return this.#newest.members.get(key)?.revoked?.version;
  }

  isPublishedBelow(block: BlockId, version: number): boolean {
    return this.#published.isPublishedBelow(block, version);
  }
}

function inForce(content: DirectoryVersion): VersionInForce {
  const { version, policy } = content;
  return {
    version,
    rights: rightsOf(content),
    engines: policy.engines,
    mergeFault({ branch, mode, options }, logic) {
      for (const { merge, resolvers } of rulesFor(policy, branchRef(branch))) {
        if (merge !== undefined && !merge.includes(mode))
          return `the policy lets only ${merge.join(' and ')} merges into ${branch}`;
        if (merge !== undefined && options.pinned === true && !merge.includes('pinned'))
          return `the policy does not let a merge into ${branch} go by a logic that has changed since`;
        if (resolvers !== undefined && mode === 'agreed' && !resolvers.includes(logic?.hash ?? ''))
          return `the policy does not let a merge into ${branch} go by ${logic?.contract ?? ''}.${logic?.function ?? ''}`;
      }
      return undefined;
    },
  };
}
