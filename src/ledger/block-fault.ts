/** The error for a block that is not what it says, wherever that is found out. */
import { AergoError } from '../errors.ts';
import type { BlockId } from './block.ts';

export const blockFault = (id: BlockId, what: string, details: Record<string, unknown> = {}): AergoError =>
  new AergoError('AERGO_BLOCK_INVALID', `block ${id.slice(0, 7)}: ${what}`, { details: { block: id, ...details } });
