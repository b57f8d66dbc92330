/**
 * What became of a push, ref by ref: written by the server, read by the client.
 * @see https://git-scm.com/docs/gitprotocol-pack, "Report status"
 */
import { answerLines, readAnswer } from './answer.ts';
import type { ByteReader } from './byte-reader.ts';
import { flushPacket, lineOf, linePacket, protocolFault } from './pkt-line.ts';
import { plainText } from './plain-text.ts';

export interface PushReport {
  /** Why the pack was not taken; undefined when it was. */
  readonly unpackFault?: string;
  /** For every ref that was to move: undefined when it did, else why not. */
  readonly refs: ReadonlyMap<string, string | undefined>;
}

export function* writeReport({ unpackFault, refs }: PushReport): Generator<Uint8Array, void> {
  yield linePacket(`unpack ${unpackFault === undefined ? 'ok' : plainText(unpackFault)}`);
  for (const [name, fault] of refs)
    yield linePacket(fault === undefined ? `ok ${name}` : `ng ${name} ${plainText(fault)}`);
  yield flushPacket;
}

const maxLines = 10_000;

/**
 * Reads a report; the option lines of report-status-v2 (a server that moved another ref than it was asked to) are passed over.
 * @throws AergoError AERGO_PROTOCOL_INVALID for something that is none; AERGO_REMOTE_REFUSED
 */
export async function readReport(reader: ByteReader): Promise<PushReport> {
  const refs = new Map<string, string | undefined>();
  const first = await readAnswer(reader);
  const opening = typeof first === 'string' ? first : lineOf(first);
  if (!opening.startsWith('unpack ')) throw protocolFault('the remote does not say what became of the pack');
  const unpacked = opening.slice('unpack '.length);
  let lines = 0;
  for await (const line of answerLines(reader)) {
    lines += 1;
    if (lines > maxLines) throw protocolFault(`a report has over ${maxLines} lines`);
    const [, word, name = '', fault] = /^(ok|ng|option) ([^ ]+)(?: (.*))?$/s.exec(line) ?? [];
    if (word === undefined) throw protocolFault('a report has a line that says nothing of a ref');
    if (word === 'ok') refs.set(name, undefined);
    else if (word === 'ng') refs.set(name, plainText(fault ?? 'refused without a reason'));
  }
  return unpacked === 'ok' ? { refs } : { unpackFault: plainText(unpacked), refs };
}
