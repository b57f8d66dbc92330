/** Heads and snapshots of a version, held against the blocks that they name. */
import { AergoError } from '../errors.ts';
import type { BlockReader } from '../ledger/block.ts';
import type { History } from '../ledger/history.ts';
import { branchOfRef, branchRef, snapshotRef } from '../ledger/names.ts';
import { checkSnapshot } from '../ledger/snapshot.ts';
import type { Changes } from './changes.ts';
import type { Head, Policy, Tag } from './files.ts';
import { matchesPattern } from './roles.ts';
import type { DirectoryContent } from './version.ts';

/** The blocks that there are. */
export interface Blocks {
  readonly reader: BlockReader;
  readonly history: Pick<History, 'has' | 'reachesHere' | 'isCut'>;
}

/** What is wrong with the heads and snapshots of a version that is in force: every block and tag must be there, where the history is whole. */
export function headsFault(content: Pick<DirectoryContent, 'heads' | 'tags'>, blocks: Blocks): string | undefined {
  for (const [branch, head] of content.heads) {
    const has = blocks.history.has(head.head);
    if (!has && blocks.history.isCut) continue;
    if (!has) return `${branch} stands on a block that is not there`;
    const fault = headFault(branch, head, blocks);
    if (fault !== undefined) return fault;
  }
  for (const [name, tag] of content.tags) {
    const has = blocks.reader.source.has(tag.tag);
    if (!has && blocks.history.isCut) continue;
    if (!has) return `the snapshot ${name} is not there`;
    const fault = tagFault(name, tag, blocks);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What is wrong with the heads and snapshots that a version changed, as far as they are there: branches end, and their blocks go. */
export function changedHeadsFault(
  { heads, tags }: Pick<Changes, 'heads' | 'tags'>,
  blocks: Blocks,
): string | undefined {
  for (const { name, after } of heads) {
    if (after === undefined || !blocks.history.has(after.head)) continue;
    const fault = headFault(name, after, blocks);
    if (fault !== undefined) return fault;
  }
  for (const { name, after } of tags) {
    if (after === undefined || !blocks.reader.source.has(after.tag)) continue;
    const fault = tagFault(name, after, blocks);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** A head is a block of its branch or, while that has none of its own, the block it was made from. */
function headFault(branch: string, head: Head, { reader }: Blocks): string | undefined {
  const header = reader.header(head.head);
  if (header.height !== head.height)
    return `${branch} is said to be at block ${head.height}, its head is ${header.height}`;
  if (header.start !== head.start) return undefined;
  if (header.branch !== branch) return `the head of ${branch} was sealed on ${header.branch}`;
  if (head.logic !== undefined) return `the head of ${branch} says its merge logic itself`;
  return undefined;
}

function tagFault(name: string, { tag, block }: Tag, { reader }: Blocks): string | undefined {
  try {
    return checkSnapshot(reader, tag, name).block === block ? undefined : `the snapshot ${name} is of another block`;
  } catch (error) {
    if (error instanceof AergoError) return `the snapshot ${name}: ${error.message}`;
    throw error;
  }
}

/** The refs that do not move forward: deleted, begun anew, or moved to what is no descendant; and snapshots that change. */
export function notForward({ heads, tags }: Pick<Changes, 'heads' | 'tags'>, blocks: Blocks): string[] {
  const { history } = blocks;
  const moved = heads.filter(({ before, after }) => {
    if (before === undefined) return false;
    if (after === undefined || (before.start !== after.start && isBound(before, blocks))) return true;
    // What is not there any more was a branch that ended since: nothing of it is left to be judged.
    if (!history.has(after.head)) return false;
    // What is missing since the history is cut cannot be judged here.
    if (!history.has(before.head)) return !history.isCut;
    return history.reachesHere(before.head, after.head) === false;
  });
  return [
    ...moved.map(({ name }) => branchRef(name)),
    ...tags.filter(({ before }) => before !== undefined).map(({ name }) => snapshotRef(name)),
  ];
}

/** Whether a branch has a block of its own: until then nothing holds it to what it is called by, and its first block settles that. */
const isBound = ({ head, start }: Head, { reader, history }: Blocks): boolean =>
  history.has(head) && reader.header(head).start === start;

/** Whether a version says where a branch or a snapshot stands. */
export const namesRef = ({ heads, tags }: Pick<DirectoryContent, 'heads' | 'tags'>, ref: string): boolean =>
  ref.startsWith(snapshotRef('')) ? tags.has(ref.slice(snapshotRef('').length)) : heads.has(branchOfRef(ref));

/** Admins who must agree, by the rules, before a ref moves other than forward; without a rule it takes one. */
export const approvalsToMove = (policy: Policy, ref: string): number =>
  Math.max(0, ...rulesFor(policy, ref).map((rule) => rule.approvals ?? 0));

/** The rules that hold for a ref: all that match. */
export const rulesFor = (policy: Policy, ref: string): NonNullable<Policy['rules']> =>
  (policy.rules ?? []).filter((rule) => matchesPattern(rule.ref, ref));
