import type { KeyId, SigningKey } from '../crypto/key.ts';
import type { Member, Policy } from '../directory/files.ts';
import * as directory from './directory.ts';
import { type ChangeOptions, changeDirectory, type DirectoryChanged } from './directory-change.ts';
import { keysKnownElsewhere } from './directory-own.ts';
import {
  type AddMember,
  keyRotated,
  listMembers,
  memberAdded,
  memberRemoved,
  type RemoveMember,
  type RotateKey,
} from './members.ts';
import { type PolicyChange, policyChanged } from './policy.ts';
import * as proposal from './proposal.ts';
import { ReadingFace } from './reading-face.ts';

export class DirectoryFace extends ReadingFace {
  // The directory: with `propose` a change is not written, and comes back as a proposal for others to approve.

  /** By name; who was revoked too. */
  members(): Member[] {
    return listMembers(this.context);
  }

  /** Adds a key as a member's, or gives a member's key another name and other roles. */
  async addMember(options: AddMember): Promise<DirectoryChanged> {
    return changeDirectory(this.context, [memberAdded(this.context, options)], options);
  }

  /** Revokes the keys of a member, or one key. */
  async removeMember(options: RemoveMember): Promise<DirectoryChanged> {
    return changeDirectory(this.context, memberRemoved(this.context, options), options);
  }

  /** Gives up a key, which signs, for another of the same member. */
  async rotateKey(options: RotateKey): Promise<DirectoryChanged> {
    return changeDirectory(this.context, keyRotated(this.context, options), options);
  }

  /** The keys of a member that remotes know, where they do not know this one yet. */
  keysKnownElsewhere(key: KeyId): KeyId[] {
    return keysKnownElsewhere(this.context, key);
  }

  get policy(): Policy {
    return this.context.directoryVersion.policy;
  }

  async setPolicy(options: PolicyChange & ChangeOptions): Promise<DirectoryChanged> {
    return changeDirectory(this.context, [policyChanged(this.context, options)], options);
  }

  /** A proposal with one more approval. */
  approveProposal(text: string, key: SigningKey): proposal.ProposalView {
    return proposal.approveProposal(this.context, text, key);
  }

  applyProposal(text: string, key: SigningKey): Promise<DirectoryChanged> {
    return proposal.applyProposal(this.context, text, key);
  }

  /** The versions of the directory, newest first. */
  directoryLog(): Iterable<directory.VersionSummary> {
    return directory.directoryLog(this.context);
  }

  /** A version by its number or the beginning of its id; the one in force when left out. */
  showDirectory(version?: string): directory.VersionView {
    return directory.showDirectory(this.context, version);
  }

  verifyDirectory(): Promise<directory.DirectoryReport> {
    return directory.verifyDirectory(this.context);
  }
}
