/**
 * Takes a pack in: every object of it, deltas resolved, handed to a sink in one pass. Thin packs too: bases that are not in
 * the pack are read from the sink. Memory is bounded whatever the chains look like: a base that no longer fits is read from
 * the sink again, which has it, because everything resolved was put there.
 */
import { createHash } from 'node:crypto';
import { type GitObject, type NewObject, type ObjectType, objectHeader, objectId } from '../object/object.ts';
import { type Oid, parseOid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import type { ByteReader } from './byte-reader.ts';
import { applyDelta } from './delta.ts';
import { defaultPackLimits, type PackLimits, packInvalid, packLimit } from './pack-fault.ts';
import { PackReader, type PackRecord } from './pack-reader.ts';
import { Turns, turn_bytes } from './turns.ts';

/**
 * Where received objects go, usually a quarantine. What was put can be read at once; what else can be read are the bases that
 * a thin pack may use, so only what the sender may read. `put` may throw: then the pack is refused.
 */
export interface ObjectSink extends ObjectSource {
  put(object: NewObject): void | Promise<void>;
}

export interface Unpacked {
  readonly objects: number;
  /** Of the pack. */
  readonly bytes: number;
}

export interface UnpackOptions {
  readonly limits?: Partial<PackLimits>;
  /** Is told now and then how many of how many entries have been read. */
  readonly onEntries?: (done: number, all: number) => void;
}

/**
 * Reads a whole pack into a sink. Nothing is undone when it fails: the sink is thrown away by whoever made it.
 * @throws AergoError AERGO_PACK_INVALID for whatever breaks the format: frame, sizes, checksum, count, an object twice, a
 * base that is missing or part of a circle; AERGO_PACK_LIMIT; what the sink throws
 */
export async function unpack(bytes: ByteReader, sink: ObjectSink, options: UnpackOptions = {}): Promise<Unpacked> {
  const limits = { ...defaultPackLimits, ...options.limits };
  const turns = new Turns();
  const pack = new PackReader(bytes, limits, turns);
  const count = await pack.count();
  const resolver = new Resolver(sink, limits, turns);
  for (let done = 0; done < count; done += 1) {
    await resolver.take(await pack.next());
    if (done % 1000 === 0) options.onEntries?.(done, count);
  }
  await pack.end();
  resolver.end();
  options.onEntries?.(count, count);
  return { objects: count, bytes: pack.size_bytes };
}

/** A delta whose base is known. */
interface Task {
  readonly offset: number;
  readonly delta: Uint8Array;
  readonly base: Oid;
}

class Resolver {
  readonly #sink: ObjectSink;
  readonly #limits: PackLimits;
  readonly #turns: Turns;
  readonly #bases: BaseCache;
  /** The objects of the pack by the places of their entries. */
  readonly #atOffset = new Map<number, Oid>();
  /** For each object of the pack, how many deltas it stands on. */
  readonly #depths = new Map<Oid, number>();
  /** Deltas whose base, at an offset or with an id, has not come. */
  readonly #waiting = new Map<number | Oid, Omit<Task, 'base'>[]>();
  /** Deltas that can be resolved now. A list, not a recursion: thousands may have waited on top of each other. */
  readonly #ready: Task[] = [];
  #waiting_bytes = 0;
  #total_bytes = 0;

  constructor(sink: ObjectSink, limits: PackLimits, turns: Turns) {
    this.#sink = sink;
    this.#limits = limits;
    this.#turns = turns;
    this.#bases = new BaseCache(sink, limits);
  }

  async take(record: PackRecord): Promise<void> {
    if ('type' in record) {
      await this.#put(record.offset, record.type, record.body, 0);
    } else {
      const { offset, delta } = record;
      const base = typeof record.base === 'number' ? this.#atOffset.get(record.base) : record.base;
      // A base with an id may be in the pack already, not be of the pack at all, or come later.
      if (base !== undefined && (this.#depths.has(base) || this.#sink.has(base)))
        this.#ready.push({ offset, delta, base });
      else this.#wait(record.base, { offset, delta });
    }
    for (let task = this.#ready.pop(); task !== undefined; task = this.#ready.pop()) await this.#resolve(task);
  }

  /** @throws AergoError AERGO_PACK_INVALID when deltas are left whose bases never came */
  end(): void {
    for (const base of this.#waiting.keys()) {
      const named = typeof base === 'number' ? `at byte ${base} of the pack` : base;
      throw packInvalid(`the base of a delta, ${named}, is neither in the pack nor here`);
    }
  }

  #wait(base: number | Oid, task: Omit<Task, 'base'>): void {
    const { waiting_bytes } = this.#limits;
    this.#waiting_bytes += task.delta.length;
    if (this.#waiting_bytes > waiting_bytes) {
      throw packLimit(`over ${waiting_bytes} bytes of deltas come before their bases`, { waiting_bytes });
    }
    const others = this.#waiting.get(base);
    if (others === undefined) this.#waiting.set(base, [task]);
    else others.push(task);
  }

  async #resolve({ offset, delta, base }: Task): Promise<void> {
    const depth = (this.#depths.get(base) ?? 0) + 1;
    const { chain, object_bytes } = this.#limits;
    if (depth > chain) throw packLimit(`a chain of deltas is longer than ${chain}`, { chain });
    const { type, body } = this.#bases.read(base);
    await this.#put(offset, type, await applyDelta(body, delta, object_bytes, this.#turns), depth);
  }

  async #put(offset: number, type: ObjectType, body: Uint8Array, depth: number): Promise<void> {
    const { total_bytes } = this.#limits;
    this.#total_bytes += body.length;
    if (this.#total_bytes > total_bytes) {
      throw packLimit(`the objects of the pack are over the limit of ${total_bytes} bytes`, { total_bytes });
    }
    const oid = await idInTurns(type, body, this.#turns);
    if (this.#depths.has(oid)) throw packInvalid(`the pack has object ${oid} twice`);
    await this.#sink.put({ oid, type, body });
    this.#bases.keep(oid, { type, body });
    this.#atOffset.set(offset, oid);
    this.#depths.set(oid, depth);
    for (const key of [offset, oid]) {
      for (const task of this.#waiting.get(key) ?? []) this.#ready.push({ ...task, base: oid });
      this.#waiting.delete(key);
    }
  }
}

/** The id of an object of any size: a large one is hashed piece by piece. */
async function idInTurns(type: ObjectType, body: Uint8Array, turns: Turns): Promise<Oid> {
  if (turns.isOver(body.length)) await turns.pass();
  if (body.length <= turn_bytes) return objectId(type, body);
  const hash = createHash('sha256').update(objectHeader(type, body.length), 'latin1');
  for (let at = 0; at < body.length; at += turn_bytes) {
    hash.update(body.subarray(at, at + turn_bytes));
    await turns.pass();
  }
  return parseOid(hash.digest('hex'));
}

/** The bases used last, within a number of bytes. The others are read from the sink. */
class BaseCache {
  readonly #source: ObjectSource;
  readonly #limits: PackLimits;
  readonly #kept = new Map<Oid, GitObject>();
  #kept_bytes = 0;
  #reread_bytes = 0;

  constructor(source: ObjectSource, limits: PackLimits) {
    this.#source = source;
    this.#limits = limits;
  }

  read(oid: Oid): GitObject {
    const object = this.#forget(oid) ?? this.#reread(oid);
    this.keep(oid, object);
    return object;
  }

  #reread(oid: Oid): GitObject {
    const { reread_bytes } = this.#limits;
    const object = this.#source.read(oid);
    this.#reread_bytes += object.body.length;
    if (this.#reread_bytes > reread_bytes)
      throw packLimit(`deltas go back to over ${reread_bytes} bytes of bases`, { reread_bytes });
    return object;
  }

  keep(oid: Oid, object: GitObject): void {
    this.#kept.set(oid, object);
    this.#kept_bytes += object.body.length;
    // A map keeps the order of insertion: its first is what was used longest ago, its last what was used now.
    for (const [oldest] of this.#kept) {
      if (this.#kept_bytes <= this.#limits.bases_bytes || oldest === oid) break;
      this.#forget(oldest);
    }
  }

  #forget(oid: Oid): GitObject | undefined {
    const object = this.#kept.get(oid);
    if (object === undefined) return undefined;
    this.#kept.delete(oid);
    this.#kept_bytes -= object.body.length;
    return object;
  }
}
