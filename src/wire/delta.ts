/**
 * Git's deltas: an object told as copies from another one and bytes put between. Read only: what we send is whole.
 * Nothing is allocated before both sizes have been checked.
 * @see https://git-scm.com/docs/gitformat-pack
 */
import { packInvalid, packLimit } from './pack-fault.ts';
import type { Turns } from './turns.ts';

const copyFlag = 0x80;
/** What a copy without a size copies. */
const defaultCopy_bytes = 0x10000;
/** What an instruction counts as besides the bytes that it copies. */
const instruction_bytes = 32;

/** A size: seven bits a byte, the lowest first. */
function readSize(delta: Uint8Array, from: number): { size: number; next: number } {
  let size = 0;
  for (let at = from, scale = 1; at < from + 8; at += 1, scale *= 128) {
    const byte = delta[at];
    if (byte === undefined) break;
    size += (byte & 0x7f) * scale;
    if (byte < copyFlag) return { size, next: at + 1 };
  }
  throw packInvalid('a delta does not begin with two sizes');
}

/**
 * The object that a delta makes of its base.
 * @param most bytes that it may have
 * @param turns is passed on now and then: a delta may have millions of instructions
 * @throws AergoError AERGO_PACK_INVALID when the base has another size than the delta says, a copy reaches out of it, an
 * instruction is unknown or cut short, or the result has another size than said; AERGO_PACK_LIMIT when it is over `most`
 */
export async function applyDelta(base: Uint8Array, delta: Uint8Array, most: number, turns: Turns): Promise<Uint8Array> {
  const ofBase = readSize(delta, 0);
  const ofResult = readSize(delta, ofBase.next);
  if (ofBase.size !== base.length) throw packInvalid('a delta was made for a base of another size');
  if (ofResult.size > most) throw packLimit(`a delta makes an object of over ${most} bytes`, { most });
  const result = new Uint8Array(ofResult.size);
  let to = 0;
  let at = ofResult.next;
  while (at < delta.length) {
    const instruction = delta[at] ?? 0;
    at += 1;
    if (instruction === 0) throw packInvalid('a delta has an instruction that is reserved');
    let from: Uint8Array;
    if (instruction < copyFlag) {
      from = delta.subarray(at, at + instruction);
      at += instruction;
      if (at > delta.length) throw packInvalid('a delta is cut short');
    } else {
      const copy = readCopy(delta, at, instruction);
      at = copy.next;
      if (copy.offset + copy.size > base.length) throw packInvalid('a delta copies from beyond its base');
      from = base.subarray(copy.offset, copy.offset + copy.size);
    }
    if (to + from.length > result.length) throw packInvalid('a delta makes more bytes than it says');
    result.set(from, to);
    to += from.length;
    if (turns.isOver(instruction_bytes + from.length)) await turns.pass();
  }
  if (to !== result.length) throw packInvalid('a delta makes fewer bytes than it says');
  return result;
}

/** Which of four bytes of an offset and three of a size follow, the instruction's bits say; the others are zero. */
function readCopy(delta: Uint8Array, from: number, bits: number): { offset: number; size: number; next: number } {
  let at = from;
  const next = (bit: number): number => {
    if ((bits & bit) === 0) return 0;
    const byte = delta[at];
    if (byte === undefined) throw packInvalid('a delta is cut short');
    at += 1;
    return byte;
  };
  // The order of the bytes is that of the bits; above 2³¹ a shift would be negative.
  const offset = next(1) + next(2) * 0x100 + next(4) * 0x1_00_00 + next(8) * 0x1_00_00_00;
  const size = next(16) + next(32) * 0x100 + next(64) * 0x1_00_00;
  return { offset, size: size === 0 ? defaultCopy_bytes : size, next: at };
}
