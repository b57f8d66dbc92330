/** What can be wrong with a pack that comes in, and how much of one is taken. */
import { AergoError } from '../errors.ts';

/** How much of a pack is taken; reading stops where one is passed. */
export interface PackLimits {
  /** Of the pack as it is sent. */
  readonly pack_bytes: number;
  readonly objects: number;
  /** Of one object, inflated and with its delta applied; also of a delta itself. */
  readonly object_bytes: number;
  /** Of all objects together: what a pack of deltas may grow to. */
  readonly total_bytes: number;
  /** Deltas on top of each other. */
  readonly chain: number;
  /** Held to be bases of deltas that come soon, the last one whatever its size; the others are read from the sink again. */
  readonly bases_bytes: number;
  /** Read from the sink again, together: deltas of a few bytes may each ask for a large base. */
  readonly reread_bytes: number;
  /** Deltas held because their base has not come yet; Git sends bases first. */
  readonly waiting_bytes: number;
}

const MiB = 1024 * 1024;

/** An object's size holds the largest list of a block (256 transactions of 1 MiB); the chain is the longest that Git makes. */
export const defaultPackLimits: PackLimits = {
  pack_bytes: 4096 * MiB,
  objects: 2_000_000,
  object_bytes: 512 * MiB,
  total_bytes: 4096 * MiB,
  chain: 4095,
  bases_bytes: 64 * MiB,
  reread_bytes: 16_384 * MiB,
  waiting_bytes: 32 * MiB,
};

export function packInvalid(what: string, cause?: unknown): AergoError {
  return new AergoError('AERGO_PACK_INVALID', what, { cause });
}

/** @param facts the limit that was passed, for programs */
export function packLimit(what: string, facts: Record<string, unknown>): AergoError {
  return new AergoError('AERGO_PACK_LIMIT', what, { details: facts });
}
