/**
 * Recovery: the log is read from where the index stands, every whole write is applied, and what a crash left behind the
 * last one is cut. Rebuilding the index is the same from the start. What was acknowledged is never cut: damage there,
 * or before a later write, is AERGO_STORE_DAMAGED with its place.
 */
import type { AergoError } from '../errors.ts';
import type { GitObject } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import { decodeCommitRecord, volumeNeedle } from './commit-record.ts';
import { objectMissing, storeDamaged } from './damage.ts';
import { type Derive, deriveAll, indexedWrite, type LoggedCommit } from './indexed-write.ts';
import { isChainFault, LogChain } from './log-chain.ts';
import { isFault, type Needle, type NeedleFault } from './needle.ts';
import { applyRefUpdates, type RefState, type RefUpdate } from './refs.ts';
import type { Acknowledged } from './refs-file.ts';
import type { IndexedWrite, LogPosition, StoreIndex } from './store-index.ts';
import type { Place, VolumeLog } from './volume-log.ts';

/** What was cut off behind the last whole write. */
export interface TornTail {
  readonly volume: number;
  readonly offset: number;
  readonly bytes: number;
}

export interface ReplayOptions {
  readonly log: VolumeLog;
  readonly index: StoreIndex;
  /** Reads an object at its place, checked. */
  readonly readObject: (place: Place, oid: Oid) => GitObject;
  readonly derive: Derive;
  /** Moved on in place. */
  readonly refs: Map<string, RefState>;
  /** As far as the `refs` file says the log was acknowledged; undefined when that is not known. */
  readonly acknowledged: Acknowledged | undefined;
}

/** How many index entries are gathered before they are applied together. */
const batch_entries = 10_000;

export class Replay {
  readonly #options: ReplayOptions;
  readonly #log: VolumeLog;
  readonly #chain: LogChain;
  #torn: TornTail | undefined;
  /** Writes that the index does not have yet, and the objects in them. */
  #writes: IndexedWrite[] = [];
  readonly #pending = new Map<Oid, Place>();
  /** The objects of the write that is being read. */
  #objects: [Oid, Place][] = [];

  constructor(options: ReplayOptions, from: LogPosition) {
    this.#options = options;
    this.#log = options.log;
    this.#chain = new LogChain(from);
  }

  /** Applies the rest of the log. Gives where it ends now, and what was cut. @throws AergoError AERGO_STORE_DAMAGED */
  async run(): Promise<{ position: LogPosition; tornTail: TornTail | undefined }> {
    const { volume: first, offset } = this.#chain.position;
    const size = this.#log.size(first);
    if (size < offset) throw storeDamaged({ volume: first, offset: size }, 'acknowledged writes are cut off here');
    const isDone = this.#log.last === first && size === offset;
    if (isDone) {
      this.#refuseLoss(this.#chain.position, 'acknowledged writes are cut off here');
      return { position: this.#chain.position, tornTail: undefined };
    }
    // A whole write may stand in the system's cache only: it must be on the disk before the index says so.
    await this.#log.sync();
    for (let volume = first; volume <= this.#log.last; volume++) {
      await this.#volume(volume, volume === first ? offset : 0);
    }
    await this.#flush();
    this.#refuseLoss(this.#chain.position, 'acknowledged writes are cut off here');
    return { position: this.#chain.position, tornTail: this.#torn };
  }

  async #volume(volume: number, from: number): Promise<void> {
    for (const needle of this.#log.scan(volume, from)) {
      if (isFault(needle)) return this.#broken(volume, needle);
      if (needle.kind === 'object') this.#object(volume, needle);
      else if (needle.kind === 'commit') await this.#commit(volume, needle);
      else this.#firstNeedle(volume, needle);
    }
    const { volume: reached, offset } = this.#chain.position;
    const size = this.#log.size(volume);
    if (reached !== volume || offset < size) {
      await this.#broken(volume, { fault: 'the last write is not complete', offset: size });
    }
  }

  #firstNeedle(volume: number, needle: Needle): void {
    const wrong = this.#chain.volume(volume, needle);
    if (wrong !== undefined) throw damagedNeedle(volume, needle, wrong.fault);
  }

  #object(volume: number, needle: Needle): void {
    const { id, offset, body } = needle;
    if (offset === 0) throw damagedNeedle(volume, needle, 'the volume does not begin with its own needle');
    const place = { volume, offset, length: body.length };
    this.#objects.push([id, place]);
    this.#pending.set(id, place);
  }

  async #commit(volume: number, needle: Needle): Promise<void> {
    const record = this.#chain.commit(volume, needle);
    if (isChainFault(record)) throw damagedNeedle(volume, needle, record.fault);
    const logged: LoggedCommit = { record, id: needle.id, volume, offset: needle.offset, end: needle.end };
    const derived = deriveAll(this.#options.derive, record.blocks, this.#source());
    this.#moveRefs(volume, needle, record.refs);
    this.#writes.push(indexedWrite(logged, this.#objects, derived, this.#options.refs));
    this.#objects = [];
    if (this.#pending.size + this.#writes.length > batch_entries) await this.#flush();
  }

  #moveRefs(volume: number, needle: Needle, updates: readonly RefUpdate[]): void {
    try {
      applyRefUpdates(this.#options.refs, updates);
    } catch (error) {
      throw damagedNeedle(volume, needle, 'its refs do not follow from those before it', error);
    }
  }

  /** The tail behind the last whole write is cut, or it is damage. */
  async #broken(volume: number, { fault, offset, id }: NeedleFault): Promise<void> {
    const place = { volume, offset, ...(id === undefined ? {} : { id }) };
    const { position } = this.#chain;
    const begin = position.volume === volume ? position.offset : 0;
    this.#refuseLoss(place, fault);
    if (volume !== this.#log.last || this.#hasLaterWrite(volume, begin, offset)) throw storeDamaged(place, fault);
    this.#torn = { volume, offset: begin, bytes: this.#log.size(volume) - begin };
    this.#log.cut(begin);
    if (begin === 0) this.#log.append([volumeNeedle(volume, position.sequence, position.commit)]);
    await this.#log.sync();
    this.#objects = [];
    if (begin === 0) {
      const needle = this.#log.readAt(volume, 0);
      if (!isFault(needle)) this.#firstNeedle(volume, needle);
    }
  }

  /** Throws when the log ends, at `place`, before what was acknowledged. */
  #refuseLoss(place: { volume: number; offset: number }, fault: string): void {
    const { acknowledged } = this.#options;
    if (acknowledged === undefined || acknowledged.sequence <= this.#chain.position.sequence) return;
    throw storeDamaged(place, fault);
  }

  /** A write begins only when the one before is on the disk: one behind the fault proves that the fault is no crash's. */
  #hasLaterWrite(volume: number, begin: number, from: number): boolean {
    for (const needle of this.#log.scanOn(volume, from)) {
      if (isFault(needle) || needle.kind !== 'commit') continue;
      const record = decodeCommitRecord(needle.body);
      if (record !== undefined && record.from > begin && record.to === needle.offset) return true;
    }
    return false;
  }

  #source(): ObjectSource {
    const { index, readObject } = this.#options;
    const find = (oid: Oid) => this.#pending.get(oid) ?? index.place(oid);
    return {
      has: (oid) => find(oid) !== undefined,
      read: (oid) => {
        const place = find(oid);
        if (place === undefined) throw objectMissing(oid);
        return readObject(place, oid);
      },
    };
  }

  async #flush(): Promise<void> {
    await this.#options.index.apply(this.#writes);
    this.#writes = [];
    this.#pending.clear();
  }
}

function damagedNeedle(volume: number, { offset, id }: Needle, fault: string, cause?: unknown): AergoError {
  return storeDamaged({ volume, offset, id }, fault, cause);
}
