/**
 * The check of everything that the store keeps: each needle of each volume, how the writes follow each other, that the
 * objects are what their ids say and refer only to objects that are there, and that the index says the same as the log.
 */
import { isDeepStrictEqual } from 'node:util';
import { AergoError } from '../errors.ts';
import { decodeCommit } from '../object/commit.ts';
import type { GitObject } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import { decodeTag } from '../object/tag.ts';
import { decodeTree } from '../object/tree.ts';
import type { CommitRecord } from './commit-record.ts';
import type { Derive } from './indexed-write.ts';
import { isChainFault, LogChain, logBegin } from './log-chain.ts';
import { isFault, type Needle } from './needle.ts';
import { entryOf } from './read-object.ts';
import { applyRefUpdates, cutRefs, type RefState } from './refs.ts';
import type { LogPosition, StoreIndex } from './store-index.ts';
import type { VolumeLog } from './volume-log.ts';

/** One thing that is wrong, with its place in the volumes where it has one; `problem` is a sentence. */
export interface FsckProblem {
  readonly problem: string;
  readonly volume?: number;
  readonly offset?: number;
  readonly id?: string;
}

export interface FsckReport {
  readonly volumes: number;
  readonly bytes: number;
  readonly writes: number;
  readonly objects: number;
  readonly blocks: number;
  /** In the order of the log; empty when all is well. At most `problemLimit`. */
  readonly problems: readonly FsckProblem[];
}

const problemLimit = 10_000;

export interface FsckSubject {
  readonly log: VolumeLog;
  readonly index: StoreIndex;
  readonly refs: ReadonlyMap<string, RefState>;
  readonly position: LogPosition;
  readonly source: ObjectSource;
  readonly derive: Derive;
}

export async function checkStore(subject: FsckSubject): Promise<FsckReport> {
  return new Check(subject).run();
}

class Check {
  readonly #subject: FsckSubject;
  readonly #chain = new LogChain(logBegin);
  readonly #problems: FsckProblem[] = [];
  readonly #refs = new Map<string, RefState>();
  readonly #derived = new Map<string, string>();
  readonly #counts = { writes: 0, objects: 0, blocks: 0 };
  /** Where the objects of the write that is being read begin. */
  #offsets: number[] = [];

  constructor(subject: FsckSubject) {
    this.#subject = subject;
  }

  async run(): Promise<FsckReport> {
    const { log } = this.#subject;
    for (let volume = 1; volume <= log.last; volume++) {
      for (const needle of log.scanOn(volume, 0)) {
        if (isFault(needle)) this.#report(needle.fault, { volume, offset: needle.offset }, needle.id);
        else if (needle.kind === 'object') this.#object(volume, needle);
        else if (needle.kind === 'commit') this.#commit(volume, needle);
        else this.#reportNeedle(volume, needle, this.#chain.volume(volume, needle)?.fault);
      }
    }
    await this.#end();
    return { volumes: log.last, bytes: log.total_bytes(), ...this.#counts, problems: this.#problems };
  }

  #object(volume: number, needle: Needle): void {
    this.#counts.objects += 1;
    this.#offsets.push(needle.offset);
    const place = { volume, offset: needle.offset, length: needle.body.length };
    if (!isDeepStrictEqual(this.#subject.index.place(needle.id), place)) {
      this.#reportNeedle(volume, needle, 'the index does not say that the object lies here');
    }
    const object = entryOf(needle.body, needle.id);
    if (object instanceof AergoError) {
      this.#reportNeedle(volume, needle, object.message);
      return;
    }
    try {
      for (const oid of references(object, this.#isCutAt(needle.id))) {
        if (!this.#subject.index.has(oid))
          this.#reportNeedle(volume, needle, `object ${oid}, which it names, is not there`);
      }
    } catch (error) {
      this.#reportNeedle(volume, needle, reasonOf(error));
    }
  }

  #commit(volume: number, needle: Needle): void {
    this.#counts.writes += 1;
    const record = this.#chain.commit(volume, needle);
    if (isChainFault(record)) {
      this.#reportNeedle(volume, needle, record.fault);
    } else {
      this.#blocks(volume, needle, record);
      this.#moveRefs(volume, needle, record);
    }
    this.#offsets = [];
  }

  #blocks(volume: number, needle: Needle, { blocks }: CommitRecord): void {
    const { index, derive, source } = this.#subject;
    for (const block of blocks) {
      this.#counts.blocks += 1;
      const within = countBelow(this.#offsets, block.to) - countBelow(this.#offsets, block.from);
      if (within !== block.count) this.#reportNeedle(volume, needle, `block ${block.id} has ${within} objects here`);
      if (!isDeepStrictEqual(index.block(block.id), { volume, ...block })) {
        this.#reportNeedle(volume, needle, `the index does not say where block ${block.id} lies`);
      }
      try {
        for (const { key, value } of derive(block.id, this.#upTo(volume, needle, source)))
          this.#derived.set(key, value);
      } catch (error) {
        this.#reportNeedle(volume, needle, `block ${block.id} cannot be read: ${reasonOf(error)}`);
      }
    }
  }

  #isCutAt(oid: string): boolean {
    return this.#subject.refs.has(`${cutRefs}${oid}`);
  }

  /** What was there when the write was made: parents of a block may have come later. */
  #upTo(volume: number, { offset }: Needle, source: ObjectSource): ObjectSource {
    const has = (oid: Oid): boolean => {
      const place = this.#subject.index.place(oid);
      return place !== undefined && (place.volume < volume || (place.volume === volume && place.offset < offset));
    };
    return { has, read: (oid) => source.read(oid) };
  }

  #moveRefs(volume: number, needle: Needle, { refs }: CommitRecord): void {
    try {
      applyRefUpdates(this.#refs, refs);
    } catch (error) {
      this.#reportNeedle(volume, needle, reasonOf(error));
    }
  }

  async #end(): Promise<void> {
    const { index, position, refs } = this.#subject;
    if (this.#chain.position.sequence !== position.sequence) this.#report('The log does not end where the index does');
    if (this.#problems.length > 0) return; // what follows would only say the same again
    if (!isDeepStrictEqual(await index.refs(), this.#refs) || !isDeepStrictEqual(refs, this.#refs)) {
      this.#report('The refs in the index are not those of the log');
    }
    for (const ref of this.#refs.values()) {
      if (!index.has(ref.oid)) this.#report(`${ref.name} names an object that is not there`, {}, ref.oid);
    }
    for (const [key, value] of this.#derived) {
      if (index.derived(key) !== value) this.#report(`The index does not say what follows from the blocks: ${key}`);
    }
    const { objects, blocks } = this.#counts;
    if (!isDeepStrictEqual(await index.counts(), { objects, blocks, derived: this.#derived.size })) {
      this.#report('The index has entries that do not follow from the log');
    }
  }

  #reportNeedle(volume: number, needle: Needle, problem: string | undefined): void {
    if (problem !== undefined) this.#report(problem, { volume, offset: needle.offset }, needle.id);
  }

  #report(problem: string, place: { volume?: number; offset?: number } = {}, id?: string): void {
    if (this.#problems.length < problemLimit)
      this.#problems.push({ problem, ...place, ...(id === undefined ? {} : { id }) });
  }
}

/** How many of the offsets, which are in order, lie below `limit`. */
function countBelow(offsets: readonly number[], limit: number): number {
  let low = 0;
  let high = offsets.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((offsets[middle] ?? limit) < limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The ids that an object names; at the cut without those of its parents. @throws AergoError AERGO_OBJECT_INVALID */
function references({ type, body }: GitObject, isCut: boolean): Oid[] {
  if (type === 'tree') return decodeTree(body).map(({ oid }) => oid);
  if (type === 'tag') return [decodeTag(body).object];
  if (type === 'blob') return [];
  const { tree, parents } = decodeCommit(body);
  return isCut ? [tree] : [tree, ...parents];
}

function reasonOf(error: unknown): string {
  if (error instanceof AergoError) return error.message;
  throw error;
}
