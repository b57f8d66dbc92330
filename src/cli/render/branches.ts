/** Branches and snapshots as lists. */
import type { BlockSummary } from '../face.ts';
import type { Style } from '../output.ts';
import { blockContent, blockName } from './block.ts';
import { aligned, utc } from './columns.ts';
import { logicText } from './logic.ts';
import { visible } from './visible.ts';

export interface ListedBranch {
  readonly name: string;
  readonly block: BlockSummary;
  /** Never one of a remote. */
  readonly current?: boolean;
  readonly logic?: BlockSummary['logic'];
}

/** `* main      block 7 e51c9f0   merge what-if, 1 applied, 1 dropped` */
export function branchLines(branches: readonly ListedBranch[], style: Style): string[] {
  const rows = branches.map(({ name, block, current, logic }) => [
    `${current === true ? '*' : ' '} ${visible(name)}`,
    blockName(block),
    `${blockContent(block)}${logicText(logic)}`,
  ]);
  return aligned(rows).map((line, index) => (branches[index]?.current ? style.green(line) : line));
}

export interface ListedSnapshot {
  readonly name: string;
  readonly block: BlockSummary;
  readonly time: number;
}

export function snapshotLines(snapshots: readonly ListedSnapshot[]): string[] {
  return aligned(
    snapshots.map(({ name, block, time }) => [
      visible(name),
      blockName(block),
      `on ${visible(block.branch)}`,
      utc(time),
    ]),
  );
}
