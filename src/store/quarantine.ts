/**
 * Quarantine: objects that came from outside, kept apart until they are verified. They lie in one nameless file, never in a
 * volume, so what is refused leaves nothing behind, and a killed process leaves nothing either.
 */
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { AergoError } from '../errors.ts';
import type { GitObject, NewObject, ObjectType } from '../object/object.ts';
import type { Oid } from '../object/oid.ts';
import type { ObjectSource } from '../object/source.ts';
import { storeFault } from './damage.ts';
import { type FileSystem, nodeFileSystem, type OpenFile } from './file-system.ts';

export interface QuarantineLimits {
  /** Objects at most. */
  readonly objects: number;
  /** Bytes of their bodies at most. */
  readonly bytes: number;
}

interface Place {
  readonly type: ObjectType;
  readonly offset: number;
  readonly length: number;
}

/** Bodies gathered before they are written to the file, and what of a large one is written in a turn. */
const chunk_bytes = 1024 * 1024;

export class Quarantine implements ObjectSource {
  readonly #base: ObjectSource;
  readonly #limits: QuarantineLimits;
  readonly #file: OpenFile;
  readonly #places = new Map<Oid, Place>();
  /** What is not in the file yet, and where in the file it begins. */
  #gathered: Uint8Array[] = [];
  #gathered_bytes = 0;
  #written = 0;

  private constructor(file: OpenFile, base: ObjectSource, limits: QuarantineLimits) {
    this.#file = file;
    this.#base = base;
    this.#limits = limits;
  }

  /**
   * @param directory the repository's own directory (`.aergo`), locked by this process
   * @param base the objects that the repository has
   * @throws AergoError AERGO_STORE_FULL, AERGO_STORE_IO
   */
  static open(
    directory: string,
    base: ObjectSource,
    limits: QuarantineLimits,
    fileSystem: FileSystem = nodeFileSystem,
  ): Quarantine {
    const path = join(directory, 'quarantine');
    try {
      const file = fileSystem.open(path, 'create');
      // Without a name from here on: the system takes it away when this process ends, however it ends.
      fileSystem.unlink(path);
      return new Quarantine(file, base, limits);
    } catch (error) {
      throw storeFault(error, 'opening a quarantine');
    }
  }

  /**
   * Takes an object in under the id of its bytes. One that is there already is not kept twice. One at a time; a large one is
   * written while others have their turn.
   * @throws AergoError AERGO_PACK_LIMIT over a limit; AERGO_STORE_FULL, AERGO_STORE_IO
   */
  async put({ oid, type, body }: NewObject): Promise<void> {
    if (this.#places.has(oid)) return;
    const offset = this.#written + this.#gathered_bytes;
    if (this.#places.size >= this.#limits.objects || offset + body.length > this.#limits.bytes)
      throw tooLarge(this.#limits);
    this.#places.set(oid, { type, offset, length: body.length });
    if (body.length > chunk_bytes) {
      this.#flush();
      for (let at = 0; at < body.length; at += chunk_bytes) {
        this.#write(body.subarray(at, at + chunk_bytes));
        await nextTurn();
      }
      return;
    }
    this.#gathered.push(Uint8Array.from(body));
    this.#gathered_bytes += body.length;
    if (this.#gathered_bytes >= chunk_bytes) this.#flush();
  }

  /** Whether it came from outside; the repository may have it too. */
  isQuarantined(oid: Oid): boolean {
    return this.#places.has(oid);
  }

  get size(): number {
    return this.#places.size;
  }

  has(oid: Oid): boolean {
    return this.#places.has(oid) || this.#base.has(oid);
  }

  read(oid: Oid): GitObject {
    const place = this.#places.get(oid);
    if (place === undefined) return this.#base.read(oid);
    if (place.offset + place.length > this.#written) this.#flush();
    try {
      const body = this.#file.readAt(place.offset, place.length);
      if (body.length === place.length) return { type: place.type, body };
    } catch (error) {
      throw storeFault(error, 'reading a quarantine');
    }
    throw new AergoError('AERGO_STORE_IO', 'the quarantine has lost what was written to it');
  }

  /** Forgets everything. */
  close(): void {
    this.#places.clear();
    this.#gathered = [];
    this.#file.close();
  }

  #flush(): void {
    this.#write(Buffer.concat(this.#gathered));
    this.#gathered = [];
    this.#gathered_bytes = 0;
  }

  #write(bytes: Uint8Array): void {
    try {
      this.#file.writeAt(bytes, this.#written);
    } catch (error) {
      throw storeFault(error, 'writing to a quarantine');
    }
    this.#written += bytes.length;
  }
}

const tooLarge = ({ objects, bytes }: QuarantineLimits): AergoError =>
  new AergoError('AERGO_PACK_LIMIT', `what comes in holds more than ${objects} objects or ${bytes} bytes`, {
    hint: 'send fewer blocks at a time',
    details: { objects, bytes },
  });
