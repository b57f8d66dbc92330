/**
 * The store's errors that more than one of its files makes: damage with its place, and the system's own errors
 * turned into ours. Everything that leaves the store is an `AergoError`.
 */
import { AergoError } from '../errors.ts';
import type { Oid } from '../object/oid.ts';

/** Where in the volumes something is wrong; `id` is the object concerned, where that can be told. */
export interface DamagePlace {
  readonly volume: number;
  readonly offset: number;
  readonly id?: string;
}

/** The file name of a volume: eight digits, from `00000001.vol`. */
export function volumeName(volume: number): string {
  return `${String(volume).padStart(8, '0')}.vol`;
}

/** AERGO_STORE_DAMAGED (exit 6), with `volume`, `offset` and `id` under `details`. `what` continues the sentence. */
export function storeDamaged(place: DamagePlace, what: string, cause?: unknown): AergoError {
  const object = place.id === undefined ? '' : ` (object ${place.id})`;
  return new AergoError(
    'AERGO_STORE_DAMAGED',
    `volume ${volumeName(place.volume)} is damaged at byte ${place.offset}${object}: ${what}`,
    {
      hint: 'aergo fsck     (names every damaged place; restore the volume from a copy, or clone again)',
      details: { ...place },
      ...(cause === undefined ? {} : { cause }),
    },
  );
}

/** AERGO_OBJECT_MISSING: nothing in the store has this id. */
export function objectMissing(oid: Oid): AergoError {
  return new AergoError('AERGO_OBJECT_MISSING', `object ${oid} is not in this repository`, { details: { oid } });
}

const full = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** The system's code of an error (`ENOSPC`, `EIO`, …), if it has one. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Turns what the file system threw into AERGO_STORE_FULL or AERGO_STORE_IO; an `AergoError` stays what it is. */
export function storeFault(error: unknown, doing: string): AergoError {
  if (error instanceof AergoError) return error;
  const code = systemCode(error);
  if (code !== undefined && full.has(code)) {
    return new AergoError('AERGO_STORE_FULL', `there is no room left on the disk (${code}) while ${doing}`, {
      hint: 'free some space and give the command again; nothing was written',
      details: { system: code },
      cause: error,
    });
  }
  return new AergoError('AERGO_STORE_IO', `the disk failed (${code ?? String(error)}) while ${doing}`, {
    details: { system: code ?? null },
    cause: error,
  });
}
