/**
 * AERGOFS: the volumes as one log. Needles are read at a place, walked in order, and appended to the last volume; what
 * they mean is not known here. Every needle that leaves this file has had its magic and CRC checked.
 */
import { join } from 'node:path';
import type { Oid } from '../object/oid.ts';
import { storeDamaged, storeFault, volumeName } from './damage.ts';
import type { FileSystem, OpenFile } from './file-system.ts';
import {
  decodeNeedle,
  isFault,
  type Needle,
  type NeedleFault,
  needleBodyLength,
  needleBodyLimit_bytes,
  needleHeader_bytes,
  nextMagic,
} from './needle.ts';

/** Where an object's needle lies: its beginning, and the length of its body in bytes. */
export interface Place {
  readonly volume: number;
  readonly offset: number;
  readonly length: number;
}

const chunk_bytes = 1024 * 1024;
const magic_bytes = 4;

export class VolumeLog {
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #files = new Map<number, OpenFile>();
  #last: number;
  #end = 0;

  /** Opens the log of an `.aergo` directory. @throws AergoError AERGO_STORE_DAMAGED when a volume is missing */
  constructor(fileSystem: FileSystem, directory: string) {
    this.#fileSystem = fileSystem;
    this.#directory = join(directory, 'volumes');
    const names = fileSystem.exists(this.#directory) ? fileSystem.readdir(this.#directory) : [];
    const numbers = names.filter((name) => /^[0-9]{8}\.vol$/.test(name)).map((name) => Number(name.slice(0, 8)));
    this.#last = Math.max(0, ...numbers);
    for (let volume = 1; volume <= this.#last; volume++) {
      if (!numbers.includes(volume)) throw storeDamaged({ volume, offset: 0 }, 'the file is not there');
    }
    if (this.#last > 0) this.#end = this.#reading(this.#last, (file) => file.size());
  }

  /** The number of the last volume; 0 when there is none. */
  get last(): number {
    return this.#last;
  }

  /** Where the last volume ends: the next needle is written here. */
  get end(): number {
    return this.#end;
  }

  /** The size of a volume in bytes. @throws AergoError AERGO_STORE_DAMAGED when it is not there */
  size(volume: number): number {
    if (volume === this.#last) return this.#end;
    return this.#reading(volume, (file) => file.size());
  }

  /**
   * Reads the needle of an object or a commit at its place.
   * @throws AergoError AERGO_STORE_DAMAGED when no whole needle with this id stands there
   */
  read(place: Place, id: Oid): Needle {
    if (place.length > needleBodyLimit_bytes) throw storeDamaged({ ...place, id }, 'no needle is so long');
    const bytes = this.bytes(place.volume, place.offset, needleHeader_bytes + place.length);
    const needle = decodeNeedle(bytes, 0, place.offset);
    if (isFault(needle)) throw storeDamaged({ ...place, id }, needle.fault);
    if (needle.id !== id || needle.body.length !== place.length) {
      throw storeDamaged({ ...place, id }, `the needle of ${needle.id} stands there`);
    }
    return needle;
  }

  /** Reads the needle that begins at a place, whatever its length and id. */
  readAt(volume: number, offset: number): Needle | NeedleFault {
    const header = this.bytes(volume, offset, needleHeader_bytes);
    const whole = wholeNeedle_bytes(header, 0);
    const readable = whole > header.length && offset + whole <= this.size(volume);
    return decodeNeedle(readable ? this.bytes(volume, offset, whole) : header, 0, offset);
  }

  /**
   * The needles of a volume in order, from where one begins up to `to` (its end when left out). What is no needle is
   * given as the last item. Bodies are views of blocks that are not used again.
   */
  *scan(volume: number, from: number, to = this.size(volume)): Generator<Needle | NeedleFault, void> {
    let chunk: Buffer = Buffer.alloc(0);
    let chunkFrom = from;
    let offset = from;
    while (offset < to) {
      if (chunkFrom + chunk.length - offset < needleHeader_bytes) {
        chunk = this.bytes(volume, offset, Math.min(chunk_bytes, to - offset));
        chunkFrom = offset;
      }
      const whole = wholeNeedle_bytes(chunk, offset - chunkFrom);
      if (offset - chunkFrom + whole > chunk.length && offset + whole <= to) {
        chunk = this.bytes(volume, offset, Math.min(Math.max(chunk_bytes, whole), to - offset));
        chunkFrom = offset;
      }
      const needle = decodeNeedle(chunk, offset - chunkFrom, offset);
      yield needle;
      if (isFault(needle)) return;
      offset = needle.end;
    }
  }

  /** The first whole needle that begins at or after `from`, wherever: for finding one's feet behind damage. */
  find(volume: number, from: number): Needle | undefined {
    const end = this.size(volume);
    for (let offset = from; offset < end; ) {
      const chunk = this.bytes(volume, offset, Math.min(chunk_bytes, end - offset));
      for (let at = nextMagic(chunk, 0); at >= 0; at = nextMagic(chunk, at + 1)) {
        const needle = this.readAt(volume, offset + at);
        if (!isFault(needle)) return needle;
      }
      if (offset + chunk.length >= end || chunk.length < magic_bytes) return undefined;
      offset += chunk.length - (magic_bytes - 1); // the magic may lie across the end of the chunk
    }
    return undefined;
  }

  /** As `scan`, but goes on behind a fault with the next whole needle. */
  *scanOn(volume: number, from: number): Generator<Needle | NeedleFault, void> {
    for (let next: number | undefined = from; next !== undefined; ) {
      let resume: number | undefined;
      for (const needle of this.scan(volume, next)) {
        yield needle;
        if (isFault(needle)) resume = needle.offset + 1;
      }
      next = resume === undefined ? undefined : this.find(volume, resume)?.offset;
    }
  }

  /** Appends at the end of the last volume. When it throws, `end` is as before and the file may be longer. */
  append(parts: Iterable<Uint8Array>): void {
    const file = this.#file(this.#last);
    let end = this.#end;
    for (const part of parts) {
      file.writeAt(part, end);
      end += part.length;
    }
    this.#end = end;
  }

  /** Resolves when the last volume is on the disk. */
  sync(): Promise<void> {
    return this.#file(this.#last).datasync();
  }

  /** Cuts the last volume back to `size` bytes. */
  cut(size: number): void {
    this.#file(this.#last).truncate(size);
    this.#end = size;
  }

  /**
   * Begins a new volume with its first needle: it, and its name in the directory, are on the disk before it is used.
   * The volume before it is synced too, so that no cut in it can come undone. What fails leaves the log as it was.
   */
  async addVolume(firstNeedle: Uint8Array): Promise<void> {
    if (this.#last > 0) await this.sync();
    const volume = this.#last + 1;
    const path = join(this.#directory, volumeName(volume));
    this.#fileSystem.mkdir(this.#directory);
    const file = this.#fileSystem.open(path, 'create');
    try {
      file.writeAt(firstNeedle, 0);
      await file.datasync();
      await this.#fileSystem.syncDirectory(this.#directory);
    } catch (error) {
      file.close();
      this.#fileSystem.unlink(path);
      throw error;
    }
    this.#files.set(volume, file);
    this.#last = volume;
    this.#end = firstNeedle.length;
  }

  /** The bytes of all volumes. */
  total_bytes(): number {
    let total = 0;
    for (let volume = 1; volume <= this.#last; volume++) total += this.size(volume);
    return total;
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
    this.#files.clear();
  }

  /** Bytes as they lie in a volume, unchecked. @throws AergoError AERGO_STORE_IO */
  bytes(volume: number, offset: number, length: number): Buffer {
    return this.#reading(volume, (file) => file.readAt(offset, length));
  }

  #reading<T>(volume: number, read: (file: OpenFile) => T): T {
    try {
      return read(this.#file(volume));
    } catch (error) {
      throw storeFault(error, `reading volume ${volumeName(volume)}`);
    }
  }

  #file(volume: number): OpenFile {
    const open = this.#files.get(volume);
    if (open !== undefined) return open;
    if (volume < 1 || volume > this.#last) throw storeDamaged({ volume, offset: 0 }, 'the file is not there');
    const file = this.#fileSystem.open(
      join(this.#directory, volumeName(volume)),
      volume === this.#last ? 'write' : 'read',
    );
    this.#files.set(volume, file);
    return file;
  }
}

function wholeNeedle_bytes(chunk: Buffer, at: number): number {
  if (chunk.length - at < needleHeader_bytes) return 0;
  const length = needleBodyLength(chunk, at);
  return length === undefined ? 0 : needleHeader_bytes + length;
}
