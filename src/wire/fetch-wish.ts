/** What a client wishes for in a fetch, what it gets, and what is the same in every protocol. */
import { isOid, type Oid } from '../object/oid.ts';
import { ByteReader } from './byte-reader.ts';
import type { CommitGraph } from './commit-graph.ts';
import type { PackLimits } from './pack-fault.ts';
import { protocolFault } from './pkt-line.ts';
import { dataOfBands } from './side-band.ts';
import { type ObjectSink, type Unpacked, unpack } from './unpack.ts';

export interface FetchWish {
  /** At least one. */
  readonly wants: readonly Oid[];
  /** Commits that are here with all of their history, but for `shallow`; none for a clone. */
  readonly tips: readonly Oid[];
  /** The history that is here. */
  readonly graph: CommitGraph;
  /** What is here may be the base of deltas that come, so it must read that too. */
  readonly sink: ObjectSink;
  /** Commits whose parents are not here. */
  readonly shallow?: readonly Oid[];
  /** So many commits from the wants, or so many more than are here. */
  readonly depth?: { readonly commits: number; readonly relative?: boolean };
  /** As `git rev-list --filter` has it. */
  readonly filter?: string;
  /** Annotated tags of commits that come, too. */
  readonly includeTags?: boolean;
}

export interface FetchOptions {
  /** As Git sends it: `name/version`. */
  readonly agent: string;
  readonly limits?: Partial<PackLimits>;
  /** What the remote says meanwhile: a stranger's text. Without it the remote is asked to be quiet. */
  readonly onProgress?: (text: string) => void;
  readonly onEntries?: (done: number, all: number) => void;
}

export interface Fetched {
  readonly unpacked: Unpacked;
  /** Commits whose parents did not come, and commits whose parents came at last; both only when a depth was asked for. */
  readonly shallow: readonly Oid[];
  readonly unshallow: readonly Oid[];
}

/**
 * One request: the pack, if the remote knows enough, else those of the haves that it has too.
 * @param done whether nothing more will be said, so that the pack must come
 */
export type Exchange = (haves: readonly Oid[], done: boolean) => Promise<Fetched | readonly Oid[]>;

/** @throws AergoError AERGO_PROTOCOL_INVALID when the remote does not offer what is wished for */
export function needs(offered: boolean, what: string): void {
  if (!offered) throw protocolFault(`the remote does not know ${what}`);
}

/** Lines of one kind in an answer at most: a remote that goes on is not listened to. */
const maxAnswerLines = 200_000;

/** Notes a commit that the remote has too. @throws AergoError AERGO_PROTOCOL_INVALID for too many */
export function takeCommon(common: Oid[], oid: Oid): void {
  if (common.length === maxAnswerLines) throw protocolFault('the remote acknowledges without end');
  common.push(oid);
}

/** A line that says where the history is cut now. */
export function takeBoundary(line: string, shallow: Oid[], unshallow: Oid[]): void {
  if (shallow.length + unshallow.length === maxAnswerLines) throw protocolFault('the boundary does not end');
  const [word, oid = ''] = line.split(' ');
  if (!isOid(oid) || (word !== 'shallow' && word !== 'unshallow')) throw protocolFault('the boundary names no commit');
  (word === 'shallow' ? shallow : unshallow).push(oid);
}

/** The pack on side bands. */
export function takePack(reader: ByteReader, sink: ObjectSink, options: FetchOptions): Promise<Unpacked> {
  const bands = dataOfBands(reader, options.onProgress ?? ignore);
  return unpack(new ByteReader(bands), sink, options);
}

const ignore = (): void => undefined;
