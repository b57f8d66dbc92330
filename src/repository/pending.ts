/**
 * Merges that wait for people: begun by a merge that leaves conflicts, computed again when a branch moves, sealed when all
 * conflicts are settled, or forgotten. What is sealed is what was chosen for exactly these conflicts.
 */
import { hash } from 'node:crypto';
import { AergoError } from '../errors.ts';
import type { BlockId } from '../ledger/block.ts';
import type { RowReference } from '../ledger/receipt.ts';
import { contractInForce } from '../ledger/working-state.ts';
import { lastWriters, rowKey } from '../ledger/writers.ts';
import { type Conflict, type ConflictId, conflictId } from '../merge/conflict.ts';
import { Resolution } from '../merge/resolution.ts';
import type { Choice } from '../merge/resolution-choice.ts';
import type { ConflictTable } from '../merge/resolution-columns.ts';
import { State } from '../state/state.ts';
import type { RepositoryContext } from './context.ts';
import { linesOfChoices } from './pending-choices.ts';
import type { PendingConflict, PendingConflicts, SideWriter } from './pending-conflicts.ts';
import { notPending, PendingFolder, type PendingMerge } from './pending-folder.ts';

/** A merge that left conflicts, as it was computed. */
export interface LeftToPeople {
  readonly target: string;
  readonly source: string;
  readonly parents: readonly [BlockId, BlockId];
  readonly mode: PendingMerge['mode'];
  readonly pinned: boolean;
  readonly conflicts: { readonly total: number; readonly byContract: number; readonly left: readonly Conflict[] };
}

/** The merge that waits; undefined when none does. One that was sealed before its folder could be removed is none. */
export function pendingMerge(context: RepositoryContext): PendingMerge | undefined {
  const folder = new PendingFolder(context.directory);
  const merge = folder.read();
  if (merge === undefined || !context.branchNames().includes(merge.target)) return merge;
  const { target, parents } = merge;
  if (!context.history.isAncestor(parents[1], context.branch(target).block)) return merge;
  folder.remove();
  return undefined;
}

/** Throws AERGO_MERGE_PENDING when a merge waits: there is one at a time. */
export function refuseSecondMerge(context: RepositoryContext): void {
  const merge = pendingMerge(context);
  if (merge !== undefined) throw stillPending(merge, 'is pending');
}

/** Throws AERGO_MERGE_PENDING when the branch is one of the two that a merge waits for. */
export function refuseWhilePending(context: RepositoryContext, branch: string): void {
  const merge = pendingMerge(context);
  if (merge?.target === branch || merge?.source === branch) throw stillPending(merge, `needs the branch ${branch}`);
}

function stillPending({ source, target, conflicts }: PendingMerge, what: string): AergoError {
  return new AergoError('AERGO_MERGE_PENDING', `the merge of ${source} into ${target} ${what}`, {
    hint: 'aergo resolve, then aergo merge --continue; or aergo merge --abort',
    details: { source, target, left: conflicts.left },
  });
}

/** Writes down what a merge left to people: it waits from now on. */
export async function beginPending(context: RepositoryContext, left: LeftToPeople): Promise<PendingMerge> {
  const folder = new PendingFolder(context.directory);
  return folder.begin({ ...summaryOf(left), begun: context.options.clock() }, describe(context, left));
}

/** Writes it down again, after it was computed again; choices stay where they are for the very same rows. */
export async function renewPending(
  context: RepositoryContext,
  { begun }: PendingMerge,
  left: LeftToPeople,
): Promise<PendingMerge> {
  const folder = new PendingFolder(context.directory);
  return folder.renew({ ...summaryOf(left), begun }, describe(context, left));
}

function summaryOf({ target, source, parents, mode, pinned, conflicts: { total, byContract, left } }: LeftToPeople) {
  return { target, source, parents, mode, pinned, conflicts: { total, byContract, left: left.length } };
}

/** The conflicts with the tables that they stand in, and who stands behind each side. */
function describe(context: RepositoryContext, { parents, conflicts: { left } }: LeftToPeople): PendingConflicts {
  const [target, source] = parents;
  const rows = left.map(({ table, name }): RowReference => [table, name]);
  const ours = lastWriters(context, target, source, rows);
  const theirs = lastWriters(context, source, target, rows);
  const writerOf = (found: typeof ours, { table, name }: Conflict): SideWriter | undefined => {
    const writer = found.get(rowKey(table, name));
    if (writer === undefined) return undefined;
    const member = context.directoryVersion.members.get(writer.author);
    const { height } = context.reader.header(writer.block);
    return { ...writer, height, ...(member === undefined ? {} : { name: member.name }) };
  };
  return {
    tables: [...new Set(left.map(({ table }) => table))].map((table) => tableOf(context, parents, table)),
    conflicts: left.map((conflict): PendingConflict => {
      const [our, their] = [writerOf(ours, conflict), writerOf(theirs, conflict)];
      const writers = {
        ...(our === undefined ? {} : { ours: our }),
        ...(their === undefined ? {} : { theirs: their }),
      };
      return { ...conflict, writers };
    }),
  };
}

/** A table in conflict has the same columns on both sides, or the merge would have stopped. */
function tableOf(context: RepositoryContext, parents: readonly BlockId[], table: string): ConflictTable {
  const contract = table.slice(0, table.indexOf('.'));
  for (const block of parents) {
    const state = State.open(context.store, context.reader.block(block).state, context.cache);
    const schema = state.table(table)?.schema;
    const manifest = contractInForce(state, contract)?.manifest;
    if (schema === undefined || manifest === undefined) continue;
    const { types, domains } = manifest;
    return { table, columns: schema.columns, key: schema.key, own: { types, domains } };
  }
  throw new AergoError('AERGO_INTERNAL', `${table} has conflicts, and is on no side`);
}

/** A merge that waits, ready to be settled. */
export interface OpenPending {
  readonly merge: PendingMerge;
  readonly folder: PendingFolder;
  readonly resolution: Resolution<PendingConflict>;
}

/**
 * The merge that waits, with its conflicts and choices, from plain files: no lock is taken.
 * @param directory the `.aergo` directory
 * @returns undefined where the conflicts have to be computed again: a branch moved, or their file is gone or damaged
 * @throws AergoError AERGO_MERGE_NOT_PENDING
 */
export function openPending(directory: string): OpenPending | undefined {
  const folder = new PendingFolder(directory);
  const merge = folder.read();
  if (merge === undefined) throw notPending();
  if (folder.hasMoved(merge)) return undefined;
  const found = folder.conflicts(merge);
  if (found === undefined) return undefined;
  const { tables, conflicts } = found;
  return { merge, folder, resolution: new Resolution(tables, conflicts, folder.choices(conflicts)) };
}

/** What would be sealed: the heads and every choice, as one digest. Who was shown this seals this, or nothing. */
export function shownDigest({ merge, resolution }: Pick<OpenPending, 'merge' | 'resolution'>): string {
  const choices = resolution.conflicts.flatMap((conflict, index) => {
    const choice = resolution.choice(index);
    return choice === undefined ? [] : [{ conflict, choice }];
  });
  return hash('sha256', `${merge.parents.join(' ')}\n${linesOfChoices(choices)}`, 'hex');
}

/** The choices by conflict, as a merge takes them. */
export function chosenRows({ resolution }: OpenPending): Map<ConflictId, Choice> {
  return new Map(
    resolution.conflicts.flatMap((conflict, index) => {
      const choice = resolution.choice(index);
      return choice === undefined ? [] : [[conflictId(conflict), choice]];
    }),
  );
}
