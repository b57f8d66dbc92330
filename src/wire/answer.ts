/** A server's answer as a client reads it: packets, among which may be the word that it will not go on. */
import type { ByteReader } from './byte-reader.ts';
import { lineOf, type Packet, protocolFault, readPacket } from './pkt-line.ts';
import { remoteRefused } from './side-band.ts';

/** The next packet of an answer. @throws AergoError AERGO_REMOTE_REFUSED when the remote says that it will not go on */
export async function readAnswer(reader: ByteReader): Promise<Packet> {
  const next = await readPacket(reader);
  if (typeof next !== 'string' && next.toString('latin1', 0, 4) === 'ERR ') {
    throw remoteRefused(next.toString('utf8', 4));
  }
  return next;
}

/** The lines of an answer up to a flush. Throws as `readAnswer`. */
export async function* answerLines(reader: ByteReader): AsyncGenerator<string, void> {
  for (let next = await readAnswer(reader); next !== 'flush'; next = await readAnswer(reader)) {
    if (typeof next === 'string') throw protocolFault(`an answer ends with ${next} where a flush belongs`);
    yield lineOf(next);
  }
}
