/**
 * Making blocks on a branch: run the transactions, assemble, sign, write durably, and let the engine keep the result. A
 * block is acknowledged when its write is on the disk; where that fails, nothing has happened.
 */
import type { Engine } from '../contract/engine.ts';
import type { KeyId, SigningKey } from '../crypto/key.ts';
import { membersOf } from '../directory/rights.ts';
import { AergoError } from '../errors.ts';
import type { BlockPlace, Candidate } from '../ledger/admission.ts';
import { assembleBlock, type BlockPlan } from '../ledger/assemble.ts';
import { mayMake } from '../ledger/authority.ts';
import { type BlockContent, type BlockId, sealBlock } from '../ledger/block.ts';
import { objectsOfBlock } from '../ledger/block-objects.ts';
import type { MergeLogic, MergeMode } from '../ledger/header.ts';
import { branchRef } from '../ledger/names.ts';
import { revertedBefore } from '../ledger/reverted.ts';
import { type StageContext, type Staged, stage } from '../ledger/stage.ts';
import { ObjectBuffer } from '../object/source.ts';
import { branchLogic } from './branch-logic.ts';
import type { BranchHead, RepositoryContext } from './context.ts';

/** What the next block of a branch is, before its transactions run. */
export interface NextBlock {
  readonly branch: BranchHead;
  readonly plan: BlockPlan;
  readonly place: BlockPlace;
  readonly buffer: ObjectBuffer;
}

/** Throws `AERGO_SEALER_NOT_ALLOWED` unless the directory lets the key seal such blocks of the branch. */
export function checkSealer(
  context: RepositoryContext,
  sealer: KeyId,
  branch: string,
  kind: BlockPlace['kind'] = 'block',
): void {
  const { rights } = context;
  if (mayMake(rights, sealer, kind, branch)) return;
  const members = membersOf(context.directoryVersion)
    .filter((member) => mayMake(rights, member.key, kind, branch))
    .map((member) => `${member.name} (${member.key})`)
    .join(', ');
  const what = kind === 'merge' ? `merge into ${branch}` : `seal blocks on ${branch}`;
  throw new AergoError('AERGO_SEALER_NOT_ALLOWED', `${sealer} may not ${what}`, {
    hint: `${members} may: choose that key with --key, or set seal.key to it and sign transactions with your own`,
    details: { key: sealer, branch },
  });
}

/** Throws `AERGO_MERGE_MODE` unless the policy lets such merges into the branch. */
export function checkMergePolicy(
  context: RepositoryContext,
  { branch, mode, pinned }: { branch: string; mode: MergeMode; pinned: boolean },
  logic: MergeLogic | undefined,
): void {
  const options = pinned ? { pinned } : {};
  const fault = context.authority.newest.mergeFault({ branch, mode, options }, logic);
  if (fault === undefined) return;
  throw new AergoError('AERGO_MERGE_MODE', fault, { hint: 'aergo policy show', details: { mode, branch } });
}

/** Throws `AERGO_ENGINE_NOT_ACCEPTED` unless the policy accepts this engine, and none of a later one stands before. */
function checkEngine({ directoryVersion, engineId, reader }: RepositoryContext, parents: readonly BlockId[]): void {
  const { engines } = directoryVersion.policy;
  const accepted = engines.indexOf(engineId);
  const isOlder = parents.some((parent) => engines.indexOf(reader.block(parent).engine) > accepted);
  if (accepted >= 0 && !isOlder) return;
  throw new AergoError(
    'AERGO_ENGINE_NOT_ACCEPTED',
    accepted >= 0
      ? 'this branch has blocks of a later SQL engine than that of this version of aergo'
      : 'the policy of this repository does not accept the SQL engine of this version of aergo',
    {
      hint:
        accepted >= 0
          ? 'use a later version'
          : 'use the version that the repository was made with, or: aergo policy set --accept-engine',
      details: { accepted: engines, engine: engineId },
    },
  );
}

/** The block to come on a branch; `merged` is the second parent of a merge. */
export function nextBlock(
  context: RepositoryContext,
  branch: BranchHead,
  merged?: BlockId,
  buffer = new ObjectBuffer(context.store),
): NextBlock {
  context.needWhole('sealing a block');
  const { id: directory, repository } = context.directoryVersion;
  const parents = merged === undefined ? [branch.block] : [branch.block, merged];
  checkEngine(context, parents);
  const height = context.history.record(branch.block).height + 1;
  const time = context.nextTime(parents);
  const bound = `${branch.name}:${branch.start}`;
  const engine = context.engineId;
  const logic = branchLogic(context, branch);
  if (context.reader.block(branch.block).engine !== engine) buffer.put('blob', Buffer.from(context.engineText));
  return {
    branch,
    plan: {
      repository,
      branch: branch.name,
      start: branch.start,
      height,
      time,
      directory,
      engine,
      parents,
      ...(logic === undefined ? {} : { logic }),
    },
    place: { kind: merged === undefined ? 'block' : 'merge', bound, height, time, parents },
    buffer,
  };
}

/** What staging needs of a repository. `rights` are those in force, but for a block that was sealed before. */
export function stageContext(
  context: RepositoryContext,
  engine: Engine,
  next: Pick<NextBlock, 'place' | 'buffer' | 'branch'>,
  rights = context.rights,
): StageContext {
  const { reader, history, cache } = context;
  const parentState = reader.block(next.branch.block).state;
  const { place, buffer } = next;
  return { engine, reader, history, rights, reverted: revertedBefore, cache, parentState, place, buffer };
}

/** Runs the candidates for an ordinary block. The engine holds the result: `keep` or `engine.abandon()` must follow. */
export async function stageOrdinary(
  context: RepositoryContext,
  engine: Engine,
  next: NextBlock,
  candidates: readonly Candidate[],
): Promise<{ staged: Staged; content: BlockContent }> {
  const staged = await stage(stageContext(context, engine, next), candidates);
  return { staged, content: assembleBlock(next.plan, staged) };
}

/** Signs the block, writes it durably and moves the branch. Where that fails the engine goes back too. */
export async function keep(
  context: RepositoryContext,
  engine: Engine,
  next: NextBlock,
  content: BlockContent,
  sealer: SigningKey,
): Promise<BlockId> {
  const { branch, buffer } = next;
  let id: BlockId;
  try {
    id = sealBlock(buffer, content, sealer);
    await context.store.write({
      blocks: [{ id, objects: objectsOfBlock(buffer, id) }],
      refs: [{ name: branch.ref ?? branchRef(branch.name), old: branch.block, new: id, height: next.plan.height }],
      operation: context.operation(),
    });
  } catch (error) {
    await engine.abandon();
    throw error;
  }
  await engine.finish(content.state);
  return id;
}
