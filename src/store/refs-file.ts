/**
 * The plain files beside the volumes: `format`, `HEAD` and `refs`. FROZEN with format 1 (docs/format-on-disk.md). They
 * are read without the lock and without LevelDB, so that `status` and completion start quickly: this module must not
 * import either.
 *
 * Invariants of `refs`: line 1 names the form; then how far the log was acknowledged, HEAD, one ref a line in name
 * order with its members as canonical JSON; the last line is the CRC-32 of all before it. Replaced by rename, not
 * synced: after a power loss it may be old, empty or gone, and opening the store writes it anew.
 */
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { canonicalJson, type JsonObject } from '../crypto/canonical-json.ts';
import { AergoError } from '../errors.ts';
import { isOid } from '../object/oid.ts';
import { storeFault } from './damage.ts';
import { type FileSystem, replaceFile } from './file-system.ts';
import { type RefState, readMergeLogic } from './refs.ts';

/** The repository format that this program reads and writes. */
export const formatVersion = 1;

/** How far the log was acknowledged: `offset` is where the commit needle with this sequence number ends. */
export interface Acknowledged {
  readonly volume: number;
  readonly offset: number;
  readonly sequence: number;
}

export interface RefsFile {
  /** The full name of the ref that HEAD names. */
  readonly head: string;
  /** In name order. */
  readonly refs: readonly RefState[];
  readonly acknowledged: Acknowledged;
}

const firstLine = 'aergo refs 1';

/**
 * Checks that `directory` (an `.aergo`) holds a repository of a format that this program knows.
 * @throws AergoError AERGO_NOT_A_REPOSITORY, AERGO_FORMAT_NEWER, AERGO_STORE_DAMAGED
 */
export function checkFormat(fileSystem: FileSystem, directory: string): void {
  const path = join(directory, 'format');
  if (!fileSystem.exists(path)) {
    throw new AergoError('AERGO_NOT_A_REPOSITORY', `there is no aergo repository in ${directory}`, {
      hint: 'aergo init     (makes one)',
    });
  }
  const text = fileSystem.readFile(path).toString('latin1');
  if (!/^[1-9][0-9]{0,8}\n$/.test(text)) {
    throw new AergoError('AERGO_STORE_DAMAGED', `the file ${path} is damaged: it does not hold a format number`, {
      hint: `it should hold one line: ${formatVersion}`,
      details: { file: path },
    });
  }
  const found = Number(text);
  if (found === formatVersion) return;
  throw new AergoError(
    'AERGO_FORMAT_NEWER',
    `this repository has format ${found}; this aergo knows format ${formatVersion}`,
    { hint: 'install a newer aergo', details: { found, known: formatVersion } },
  );
}

/** Writes `refs`, by rename. */
export function writeRefsFile(fileSystem: FileSystem, directory: string, contents: RefsFile): void {
  replaceFile(fileSystem, join(directory, 'refs'), encodeRefsFile(contents));
}

/** Writes `HEAD` as Git has it: `ref: <name>`. */
export function writeHead(fileSystem: FileSystem, directory: string, head: string): void {
  replaceFile(fileSystem, join(directory, 'HEAD'), `ref: ${head}\n`);
}

/**
 * Reads `refs`. Takes no lock: what it gives held when the last acknowledged write ended.
 * @returns undefined when the file is not there or damaged: then open the store, which repairs it
 * @throws AergoError AERGO_NOT_A_REPOSITORY, AERGO_FORMAT_NEWER, AERGO_STORE_DAMAGED, AERGO_STORE_IO
 */
export function readRefsFile(fileSystem: FileSystem, directory: string): RefsFile | undefined {
  try {
    checkFormat(fileSystem, directory);
    const path = join(directory, 'refs');
    return fileSystem.exists(path) ? decodeRefsFile(fileSystem.readFile(path).toString()) : undefined;
  } catch (error) {
    throw storeFault(error, `reading ${directory}`);
  }
}

export function encodeRefsFile({ head, refs, acknowledged }: RefsFile): string {
  const { volume, offset, sequence } = acknowledged;
  const lines = [firstLine, `acknowledged ${volume} ${offset} ${sequence}`, `head ${head}`, ...refs.map(encodeRef)];
  const text = `${lines.join('\n')}\n`;
  return `${text}crc32 ${checksum(text)}\n`;
}

function encodeRef({ name, oid, start, height, logic }: RefState): string {
  const members = {
    ...(start === undefined ? {} : { start }),
    ...(height === undefined ? {} : { height }),
    ...(logic === undefined ? {} : { logic: { ...logic } }),
  };
  return `${oid} ${name} ${canonicalJson(members)}`;
}

export function decodeRefsFile(text: string): RefsFile | undefined {
  const end = text.lastIndexOf('\n', text.length - 2) + 1;
  const body = text.slice(0, end);
  if (text.slice(end) !== `crc32 ${checksum(body)}\n`) return undefined;
  const [first, acknowledged = '', head = '', ...refs] = body.slice(0, -1).split('\n');
  const numbers = /^acknowledged ([0-9]+) ([0-9]+) ([0-9]+)$/.exec(acknowledged);
  if (first !== firstLine || numbers === null || !head.startsWith('head ')) return undefined;
  const states = refs.map(decodeRef).filter((ref) => ref !== undefined);
  if (states.length !== refs.length) return undefined;
  return {
    head: head.slice('head '.length),
    refs: states,
    acknowledged: { volume: Number(numbers[1]), offset: Number(numbers[2]), sequence: Number(numbers[3]) },
  };
}

function decodeRef(line: string): RefState | undefined {
  const [oid = '', name = ''] = line.split(' ', 2);
  const members = parseMembers(line.slice(oid.length + name.length + 2));
  if (!isOid(oid) || members === undefined) return undefined;
  const { start, height } = members;
  const logic = readMergeLogic(members.logic);
  return {
    name,
    oid,
    ...(typeof start === 'string' ? { start } : {}),
    ...(typeof height === 'number' ? { height } : {}),
    ...(logic === undefined ? {} : { logic }),
  };
}

function parseMembers(text: string): JsonObject | undefined {
  try {
    const members: unknown = JSON.parse(text);
    return isObject(members) ? members : undefined;
  } catch {
    return undefined; // as any other damage of the file: the store writes it anew
  }
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
