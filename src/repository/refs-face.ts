import type { SigningKey } from '../crypto/key.ts';
import type { BlockId } from '../ledger/block.ts';
import { trackingRef } from '../ledger/names.ts';
import * as branches from './branches.ts';
import { DirectoryFace } from './directory-face.ts';
import { forgetSeen } from './directory-own.ts';
import { type FetchOptions, type FetchReport, fetchRemote } from './fetch.ts';
import { type PullOptions, type PullReport, pullBranch } from './pull.ts';
import { type PushOptions, type PushReport, pushRemote } from './push.ts';
import { addRemote, findRemote, listRemotes, type Remote, removeRemote } from './remotes.ts';

export class RefsFace extends DirectoryFace {
  // Branches and snapshots

  branches(): branches.BranchView[] {
    return branches.listBranches(this.context);
  }

  createBranch(name: string, from?: string, options?: branches.BranchOptions): Promise<branches.BranchView> {
    return branches.createBranch(this.context, name, from, options);
  }

  deleteBranch(name: string, options: { force?: boolean } = {}): Promise<branches.BranchView> {
    return branches.deleteBranch(this.context, name, options.force);
  }

  renameBranch(from: string, to: string): Promise<branches.BranchView> {
    return branches.renameBranch(this.context, from, to);
  }

  /** The branches of remotes, where they stood when the remotes were asked last. */
  trackedBranches(): branches.TrackedBranchView[] {
    return branches.listTracked(this.context);
  }

  /** One that is not here and that only one remote has is made from that first. */
  switchTo(name: string): Promise<branches.SwitchedBranch> {
    return branches.switchBranch(this.context, name);
  }

  snapshots(): branches.SnapshotView[] {
    return branches.listSnapshots(this.context);
  }

  createSnapshot(name: string, revision: string, key: SigningKey): Promise<branches.SnapshotView> {
    return branches.createSnapshot(this.context, name, revision, key);
  }

  deleteSnapshot(name: string): Promise<void> {
    return branches.deleteSnapshot(this.context, name);
  }

  // Remotes

  remotes(): Remote[] {
    return listRemotes(this.context.directory);
  }

  /** @param workDirectory what a path is relative to */
  addRemote(name: string, url: string, workDirectory: string): Remote {
    return addRemote(this.context.directory, name, url, workDirectory);
  }

  async removeRemote(name: string): Promise<Remote> {
    const gone = removeRemote(this.context.directory, name);
    await forgetSeen(this.context, name);
    return gone;
  }

  /** Where a branch stood at a remote when it was asked last; null: nowhere. */
  tracked(remote: string, branch: string): BlockId | null {
    return this.context.store.ref(trackingRef(remote, branch))?.oid ?? null;
  }

  /** Takes what a remote has and this repository has not, verified whole before anything is written. */
  fetch(remote: string, options: FetchOptions): Promise<FetchReport> {
    return fetchRemote(this.context, findRemote(this.context.directory, remote), options);
  }

  /** Fetches, and brings a branch up to the remote's: blocks of its own run again on top. */
  pull(remote: string, options: PullOptions): Promise<PullReport> {
    return pullBranch(this.context, findRemote(this.context.directory, remote), options);
  }

  async push(remote: string, options: PushOptions): Promise<PushReport> {
    this.context.needWhole('a push');
    return pushRemote(this.context, findRemote(this.context.directory, remote), options);
  }
}
