/**
 * Git's pkt-lines: four hexadecimal digits of length, then the payload; and the special packets that separate them.
 * At most 65,520 bytes, so a reader never holds more than one packet and one piece of the stream.
 * @see https://git-scm.com/docs/gitprotocol-common
 */
import { isUtf8 } from 'node:buffer';
import { AergoError } from '../errors.ts';
import type { ByteReader } from './byte-reader.ts';
import { plainText } from './plain-text.ts';

/** Bytes in a packet at most, its length field included. */
const maxPacket_bytes = 65_520;
const lengthField_bytes = 4;
/** Bytes of payload in a packet at most. */
export const maxPayload_bytes = maxPacket_bytes - lengthField_bytes;

/** Ends a message. */
export const flushPacket: Uint8Array = Buffer.from('0000');
/** Separates the sections of a message (protocol 2). */
export const delimiterPacket: Uint8Array = Buffer.from('0001');

/** A payload, or one of the packets that have none; `end` when the stream is over. */
export type Packet = Buffer | 'flush' | 'delimiter' | 'response-end' | 'end';

const special = new Map<number, Packet>([
  [0, 'flush'],
  [1, 'delimiter'],
  [2, 'response-end'],
]);

/** @param what may quote the other side */
export function protocolFault(what: string, cause?: unknown): AergoError {
  return new AergoError('AERGO_PROTOCOL_INVALID', plainText(what), { cause });
}

/**
 * A payload as a packet.
 * @throws AergoError AERGO_PROTOCOL_INVALID for a payload over `maxPayload_bytes`
 */
export function packet(payload: Uint8Array): Uint8Array {
  const length = payload.length + lengthField_bytes;
  if (length > maxPacket_bytes) throw protocolFault(`a packet holds at most ${maxPayload_bytes} bytes`);
  const whole = Buffer.allocUnsafe(length);
  whole.write(length.toString(16).padStart(lengthField_bytes, '0'), 'latin1');
  whole.set(payload, lengthField_bytes);
  return whole;
}

/** A line of text as a packet, with the LF that Git puts at its end. Throws as `packet`. */
export function linePacket(line: string): Uint8Array {
  return packet(Buffer.from(`${line}\n`));
}

function lengthOf(field: Buffer): number {
  const digits = field.toString('latin1');
  if (!/^[0-9a-f]{4}$/i.test(digits)) throw protocolFault('a packet begins with something that is no length');
  const length = Number.parseInt(digits, 16);
  if (length === 3 || length > maxPacket_bytes) throw protocolFault(`no packet has the length ${digits}`);
  return length;
}

/**
 * The next packet. The payload is a view that holds until the next read.
 * @throws AergoError AERGO_PROTOCOL_INVALID for a length that is not hexadecimal, `0003` or over 65,520; for a packet cut short
 */
export async function readPacket(reader: ByteReader): Promise<Packet> {
  if (!(await reader.ensure(lengthField_bytes))) {
    if (reader.held.length === 0) return 'end';
    throw protocolFault('the stream ends inside the length of a packet');
  }
  const length = lengthOf(reader.held.subarray(0, lengthField_bytes));
  const without = special.get(length);
  if (without !== undefined) {
    reader.take(lengthField_bytes);
    return without;
  }
  if (!(await reader.ensure(length))) throw protocolFault('the stream ends inside a packet');
  return reader.take(length).subarray(lengthField_bytes);
}

/**
 * A payload as a line of text: without the LF at its end, if it has one.
 * @throws AergoError AERGO_PROTOCOL_INVALID when it is not UTF-8
 */
export function lineOf(payload: Buffer): string {
  if (!isUtf8(payload)) throw protocolFault('a line is not UTF-8');
  const end = payload.at(-1) === 0x0a ? payload.length - 1 : payload.length;
  return payload.toString('utf8', 0, end);
}

/**
 * The lines up to a packet that ends them, which is consumed.
 * @param most how many lines there may be
 * @throws AergoError AERGO_PROTOCOL_INVALID for more lines, and when the stream or another special packet comes first
 */
export async function readLines(reader: ByteReader, ending: 'flush' | 'delimiter', most: number): Promise<string[]> {
  const lines: string[] = [];
  for (let next = await readPacket(reader); next !== ending; next = await readPacket(reader)) {
    if (typeof next === 'string') throw protocolFault(`a list of lines ends with ${next} where a ${ending} belongs`);
    if (lines.length === most) throw protocolFault(`there are over ${most} lines in one list`);
    lines.push(lineOf(next));
  }
  return lines;
}
