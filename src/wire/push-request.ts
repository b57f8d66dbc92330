/**
 * What a push asks for, before its pack: which refs are to move, and how. Read and written here, so that server and client agree.
 * @see https://git-scm.com/docs/gitprotocol-pack
 */
import { isOid, type Oid } from '../object/oid.ts';
import type { ByteReader } from './byte-reader.ts';
import { flushPacket, lineOf, linePacket, packet, protocolFault, readLines, readPacket } from './pkt-line.ts';
import { nullOid } from './ref-advertisement.ts';

/** A ref to move; null where it is not there before, or shall not be afterwards. */
export interface RefCommand {
  readonly name: string;
  readonly old: Oid | null;
  readonly new: Oid | null;
}

export interface PushRequest {
  /** Each ref once, in the order in which they came. */
  readonly commands: readonly RefCommand[];
  /** What the client wants in effect, `report-status-v2` or `atomic`. */
  readonly capabilities: ReadonlySet<string>;
  /** The texts of `git push --push-option`. */
  readonly options: readonly string[];
  /** Commits whose parents the pusher does not have. */
  readonly shallow: readonly Oid[];
}

const maxCommands = 1000;
const maxOptions = 100;
const maxShallow = 10_000;

function idOrNull(text: string, line: string): Oid | null {
  if (text === nullOid) return null;
  if (isOid(text)) return text;
  throw protocolFault(`"${line.slice(0, 80)}" does not name objects of 64 digits`);
}

function parseCommand(line: string): RefCommand {
  const [before = '', after = ''] = line.split(' ', 2);
  const command = {
    name: line.slice(before.length + after.length + 2),
    old: idOrNull(before, line),
    new: idOrNull(after, line),
  };
  if (!command.name.startsWith('refs/')) throw protocolFault(`"${command.name.slice(0, 80)}" is no full name of a ref`);
  if (command.old === null && command.new === null) throw protocolFault(`nothing is to be done with ${command.name}`);
  return command;
}

/**
 * Reads a request up to its pack. No commands: the client only looks whether it gets through, or has nothing to say.
 * @throws AergoError AERGO_PROTOCOL_INVALID for over 1,000 commands, a ref twice, a line that is malformed, a signed push
 */
export async function readPushRequest(reader: ByteReader): Promise<PushRequest> {
  const commands = new Map<string, RefCommand>();
  const shallow: Oid[] = [];
  let capabilities: ReadonlySet<string> = new Set();
  let next = await readPacket(reader);
  if (next === 'end') return { commands: [], capabilities, options: [], shallow };
  for (; typeof next !== 'string'; next = await readPacket(reader)) {
    const [line = '', words] = lineOf(next).split('\0', 2);
    if (words !== undefined && commands.size === 0) capabilities = new Set(words.split(' ').filter(Boolean));
    if (line.startsWith('shallow ')) {
      shallow.push(...shallowIn(line));
      if (shallow.length > maxShallow) throw protocolFault(`there are over ${maxShallow} shallow lines in one push`);
      continue;
    }
    if (line === 'push-cert') throw protocolFault('signed pushes are not taken: blocks and snapshots carry signatures');
    const command = parseCommand(line);
    if (commands.has(command.name)) throw protocolFault(`${command.name} is to be moved twice in one push`);
    commands.set(command.name, command);
    if (commands.size > maxCommands) throw protocolFault(`a push moves at most ${maxCommands} refs`);
  }
  if (next !== 'flush') throw protocolFault(`the commands of a push end with ${next} where a flush belongs`);
  const asksForOptions = commands.size > 0 && capabilities.has('push-options');
  const options = asksForOptions ? await readLines(reader, 'flush', maxOptions) : [];
  return { commands: [...commands.values()], capabilities, options, shallow };
}

function shallowIn(line: string): Oid[] {
  const oid = line.slice('shallow '.length);
  if (isOid(oid)) return [oid];
  throw protocolFault(`"${line.slice(0, 80)}" does not name an object of 64 digits`);
}

/** The request as it is sent before the pack. Throws AERGO_PROTOCOL_INVALID for a line that is too long. */
export function* writePushRequest({
  commands,
  capabilities,
  options,
  shallow,
}: PushRequest): Generator<Uint8Array, void> {
  for (const oid of shallow) yield linePacket(`shallow ${oid}`);
  for (const [at, { name, old, new: next }] of commands.entries()) {
    const line = `${old ?? nullOid} ${next ?? nullOid} ${name}`;
    yield at === 0 ? packet(Buffer.from(`${line}\0 ${[...capabilities].join(' ')}`)) : linePacket(line);
  }
  yield flushPacket;
  if (!capabilities.has('push-options')) return;
  for (const option of options) yield packet(Buffer.from(option));
  yield flushPacket;
}
