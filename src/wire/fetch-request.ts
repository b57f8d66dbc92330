/**
 * What a client asks for in a fetch, read from the lines of protocol 2 and of protocols 0 and 1 into one form.
 * @see https://git-scm.com/docs/gitprotocol-v2, https://git-scm.com/docs/gitprotocol-pack
 */
import { isOid, type Oid } from '../object/oid.ts';
import { type Filter, parseFilter } from './filter.ts';
import { protocolFault } from './pkt-line.ts';

export interface FetchRequest {
  readonly wants: Oid[];
  /** Refs by full name (protocol 2, ref-in-want). */
  readonly wantedRefs: string[];
  readonly haves: Oid[];
  readonly shallow: Oid[];
  /** Commits from the tips; the largest depth that Git sends stands for all. */
  deepen?: number;
  deepenRelative: boolean;
  /** Seconds since 1970. */
  deepenSince?: number;
  /** Names of refs, full or short, or ids. */
  readonly deepenNot: string[];
  filter?: Filter;
  done: boolean;
  waitForDone: boolean;
  includeTag: boolean;
  noProgress: boolean;
}

function emptyRequest(): FetchRequest {
  return {
    wants: [],
    wantedRefs: [],
    haves: [],
    shallow: [],
    deepenRelative: false,
    deepenNot: [],
    done: false,
    waitForDone: false,
    includeTag: false,
    noProgress: false,
  };
}

/** Lines in a request at most: a hundred thousand ids are some ten megabytes. */
export const maxRequestLines = 100_000;

function oidIn(text: string, line: string): Oid {
  if (isOid(text)) return text;
  throw protocolFault(`"${line.slice(0, 80)}" does not name an object of 64 digits`);
}

function numberIn(text: string, line: string): number {
  if (/^[0-9]{1,15}$/.test(text)) return Number(text);
  throw protocolFault(`"${line.slice(0, 80)}" does not hold a number`);
}

/** A line with a value behind its keyword; whether it is one that protocols 0 to 2 share. */
function takeShared(request: FetchRequest, keyword: string, value: string, line: string): boolean {
  switch (keyword) {
    case 'want':
      request.wants.push(oidIn(value, line));
      return true;
    case 'shallow':
      request.shallow.push(oidIn(value, line));
      return true;
    case 'deepen':
      request.deepen = numberIn(value, line);
      if (request.deepen === 0) delete request.deepen;
      return true;
    case 'deepen-since':
      request.deepenSince = numberIn(value, line);
      return true;
    case 'deepen-not':
      request.deepenNot.push(value);
      return true;
    case 'filter':
      request.filter = parseFilter(value);
      return true;
    default:
      return false;
  }
}

function checkDepth({ deepen, deepenSince, deepenNot }: FetchRequest): void {
  if (deepen !== undefined && (deepenSince !== undefined || deepenNot.length > 0)) {
    throw protocolFault('deepen cannot be asked for together with deepen-since or deepen-not');
  }
}

function split(line: string): [keyword: string, value: string] {
  const space = line.indexOf(' ');
  return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
}

/**
 * The arguments of protocol 2's `fetch`. What asks for less than we would send (thin-pack, ofs-delta) is taken and changes nothing.
 * @throws AergoError AERGO_PROTOCOL_INVALID for a line that is unknown or malformed
 */
export function parseFetchArguments(lines: readonly string[]): FetchRequest {
  const request = emptyRequest();
  for (const line of lines) {
    const [keyword, value] = split(line);
    if (value !== '') {
      if (takeShared(request, keyword, value, line)) continue;
      if (keyword === 'have') request.haves.push(oidIn(value, line));
      else if (keyword === 'want-ref') request.wantedRefs.push(value);
      else throw protocolFault(`the argument "${line.slice(0, 80)}" of fetch is not known here`);
    } else if (keyword === 'done') request.done = true;
    else if (keyword === 'wait-for-done') request.waitForDone = true;
    else if (keyword === 'include-tag') request.includeTag = true;
    else if (keyword === 'no-progress') request.noProgress = true;
    else if (keyword === 'deepen-relative') request.deepenRelative = true;
    else if (keyword !== 'thin-pack' && keyword !== 'ofs-delta') {
      throw protocolFault(`the argument "${line.slice(0, 80)}" of fetch is not known here`);
    }
  }
  checkDepth(request);
  return request;
}

/** A request of protocol 0 or 1 up to the first flush, and the capabilities that came with its first line. */
export interface OldRequest {
  readonly request: FetchRequest;
  readonly capabilities: ReadonlySet<string>;
}

/**
 * The wants, shallow and depth lines of protocols 0 and 1.
 * @throws AergoError AERGO_PROTOCOL_INVALID for a line that is unknown or malformed, or when no want comes first
 */
export function parseOldRequest(lines: readonly string[]): OldRequest {
  const request = emptyRequest();
  let capabilities: ReadonlySet<string> = new Set();
  for (const [at, line] of lines.entries()) {
    const [keyword, rest] = split(line);
    const [value, words] = at === 0 ? split(rest) : [rest, ''];
    if (at === 0) capabilities = new Set(words.split(' ').filter(Boolean));
    if (at === 0 && keyword !== 'want') throw protocolFault('a request does not begin with what it wants');
    if (!takeShared(request, keyword, value, line)) {
      throw protocolFault(`the line "${line.slice(0, 80)}" has no place in a request`);
    }
  }
  request.deepenRelative = capabilities.has('deepen-relative');
  request.includeTag = capabilities.has('include-tag');
  request.noProgress = capabilities.has('no-progress');
  checkDepth(request);
  return { request, capabilities };
}
