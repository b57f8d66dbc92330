/** What settles conflicts, behind what is said of a branch or a block. Imports nothing that runs: `status` is to be quick. */
import type { MergeLogic } from '../../store/refs.ts';

/** `   merges by bank.resolve`; nothing where there is no merge logic. */
export function logicText(logic: MergeLogic | undefined): string {
  return logic === undefined ? '' : `   merges by ${logic.contract}.${logic.function}`;
}
