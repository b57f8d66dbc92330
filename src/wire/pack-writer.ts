/**
 * Packs as they are sent: whole objects only, entries copied as they lie where the store has them as entries. The number of
 * objects stands first, so it is known before the first is read.
 */
import type { Oid } from '../object/oid.ts';
import { encodePackEntry, encodePackHeader, PackTrailer } from '../object/pack-entry.ts';
import type { ObjectSource } from '../object/source.ts';
import { packInvalid } from './pack-fault.ts';
import { flushPacket } from './pkt-line.ts';
import { maxBand_bytes, onBand } from './side-band.ts';

/** What a pack will hold; the store's `pack` gives one. */
export interface PackSource {
  readonly count: number;
  /** Exactly `count` entries, each with its type and size and a whole object. */
  entries(): Iterable<{ readonly bytes: Uint8Array }>;
}

/** The objects with these ids, each of them once. Read when their turn comes. */
export function packOf(objects: ObjectSource, ids: Iterable<Oid>): PackSource {
  const once = new Set(ids);
  return {
    count: once.size,
    *entries() {
      for (const oid of once) {
        const { type, body } = objects.read(oid);
        yield { bytes: encodePackEntry(type, body) };
      }
    },
  };
}

/**
 * A pack's bytes, in pieces of about `piece_bytes`.
 * @throws AergoError AERGO_PACK_INVALID when the source has another number of entries than it says; what the source throws
 */
export function* packBytes(source: PackSource, piece_bytes = 8 * maxBand_bytes): Generator<Uint8Array, void> {
  const trailer = new PackTrailer();
  let gathered: Uint8Array[] = [encodePackHeader(source.count)];
  let size = 12;
  let count = 0;
  const piece = (): Buffer => {
    const whole = Buffer.concat(gathered, size);
    trailer.update(whole);
    gathered = [];
    size = 0;
    return whole;
  };
  for (const { bytes } of source.entries()) {
    count += 1;
    gathered.push(bytes);
    size += bytes.length;
    if (size >= piece_bytes) yield piece();
  }
  if (count !== source.count) throw packInvalid(`a pack of ${source.count} objects would have ${count}`);
  yield piece();
  yield trailer.digest();
}

/** A pack on side bands, with a word of what comes unless nobody wants it, and the flush that ends it. */
export function* bandedPack(source: PackSource, quiet: boolean): Generator<Uint8Array, void> {
  if (!quiet) yield* onBand(2, Buffer.from(`Sending ${source.count} objects\n`));
  for (const piece of packBytes(source)) yield* onBand(1, piece);
  yield flushPacket;
}
