/**
 * Git's side bands: several streams in one row of packets, told apart by a byte. Band 1 has the data, band 2 what a person
 * may see meanwhile, band 3 the error that ends it all.
 * @see https://git-scm.com/docs/gitprotocol-pack
 */
import { AergoError } from '../errors.ts';
import type { ByteReader } from './byte-reader.ts';
import { maxPayload_bytes, packet, protocolFault, readPacket } from './pkt-line.ts';
import { plainText } from './plain-text.ts';

/** What the bands are for. */
const band = { data: 1, progress: 2, error: 3 } as const;

/** Bytes of one stream in a packet at most (side-band-64k). */
export const maxBand_bytes = maxPayload_bytes - 1;

/** A packet that says nothing: it keeps a connection from being taken for dead. */
export const keepAlivePacket: Uint8Array = packet(Uint8Array.of(band.progress));

/** Bytes of one stream as packets, as many as it takes. */
export function* onBand(number: 1 | 2 | 3, bytes: Uint8Array): Generator<Uint8Array, void> {
  for (let at = 0; at < bytes.length; at += maxBand_bytes) {
    const part = bytes.subarray(at, at + maxBand_bytes);
    const payload = Buffer.allocUnsafe(part.length + 1);
    payload[0] = number;
    payload.set(part, 1);
    yield packet(payload);
  }
}

/** What the remote said as its reason. */
export function remoteRefused(reason: string): AergoError {
  const shown = plainText(reason);
  return new AergoError('AERGO_REMOTE_REFUSED', `the remote says: ${shown}`, { details: { reason: shown } });
}

/**
 * The data of band 1, up to the flush that ends the bands.
 * @param onProgress is given what comes on band 2: bytes of a stranger, to be made harmless before they are shown
 * @throws AergoError AERGO_REMOTE_REFUSED with what comes on band 3; AERGO_PROTOCOL_INVALID for another band, and when the
 * stream ends before the flush
 */
export async function* dataOfBands(
  reader: ByteReader,
  onProgress: (text: string) => void,
): AsyncGenerator<Uint8Array, void> {
  for (let next = await readPacket(reader); next !== 'flush'; next = await readPacket(reader)) {
    if (typeof next === 'string') throw protocolFault(`the side bands end with ${next} where a flush belongs`);
    const number = next[0];
    const bytes = next.subarray(1);
    if (number === band.error) throw remoteRefused(bytes.toString('utf8'));
    if (number !== band.data && number !== band.progress) {
      throw protocolFault('a packet is on no side band that there is');
    }
    if (bytes.length === 0) continue;
    if (number === band.data) yield bytes;
    else onProgress(bytes.toString('utf8'));
  }
}
