/**
 * The one door between the store and the disk: volumes and the small files beside them are read and written through
 * `FileSystem` only, so that a test can fail any call or replay any crash. LevelDB has its own door: it is derived.
 */
import {
  closeSync,
  existsSync,
  fdatasync,
  fstatSync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { promisify } from 'node:util';

/** `read`: must exist. `write`: read and write, must exist. `create`: read and write, made or emptied. */
type OpenMode = 'read' | 'write' | 'create';

/** An open file. Every method throws Node's system errors (`error.code` is `ENOSPC`, `EIO`, …). */
export interface OpenFile {
  /** `length` bytes from `offset`, fewer only where the file ends. */
  readAt(offset: number, length: number): Buffer;
  /** Writes all of `bytes` at `offset` or throws; after a throw any part of them may stand there. */
  writeAt(bytes: Uint8Array, offset: number): void;
  /** Resolves when the contents and size are on the disk. Asynchronous, so that other work goes on meanwhile. */
  datasync(): Promise<void>;
  truncate(size: number): void;
  size(): number;
  close(): void;
}

/** The calls that the store makes to a file system. Paths are whole paths. */
export interface FileSystem {
  open(path: string, mode: OpenMode): OpenFile;
  /** Makes the directory and those above it; one that is there already is no error. */
  mkdir(path: string): void;
  /** The names in a directory, without order. */
  readdir(path: string): string[];
  rename(from: string, to: string): void;
  unlink(path: string): void;
  readFile(path: string): Buffer;
  exists(path: string): boolean;
  /** Resolves when the names in the directory are on the disk. */
  syncDirectory(path: string): Promise<void>;
}

const flags: Readonly<Record<OpenMode, string>> = { read: 'r', write: 'r+', create: 'w+' };
const datasync = promisify(fdatasync);
const sync = promisify(fsync);

class NodeFile implements OpenFile {
  readonly #descriptor: number;

  constructor(path: string, mode: OpenMode) {
    this.#descriptor = openSync(path, flags[mode]);
  }

  readAt(offset: number, length: number): Buffer {
    const bytes = Buffer.allocUnsafe(length);
    let done = 0;
    while (done < length) {
      const count = readSync(this.#descriptor, bytes, done, length - done, offset + done);
      if (count === 0) return bytes.subarray(0, done);
      done += count;
    }
    return bytes;
  }

  writeAt(bytes: Uint8Array, offset: number): void {
    let done = 0;
    while (done < bytes.length) done += writeSync(this.#descriptor, bytes, done, bytes.length - done, offset + done);
  }

  datasync(): Promise<void> {
    return datasync(this.#descriptor);
  }

  truncate(size: number): void {
    ftruncateSync(this.#descriptor, size);
  }

  size(): number {
    return fstatSync(this.#descriptor).size;
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The machine's own file system. */
export const nodeFileSystem: FileSystem = {
  open: (path, mode) => new NodeFile(path, mode),
  mkdir: (path) => {
    mkdirSync(path, { recursive: true });
  },
  readdir: (path) => readdirSync(path),
  rename: renameSync,
  unlink: unlinkSync,
  readFile: (path) => readFileSync(path),
  exists: existsSync,
  syncDirectory: async (path) => {
    const descriptor = openSync(path, 'r');
    try {
      await sync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  },
};

/**
 * Replaces a small file by writing beside it and renaming: a reader sees the old or the new contents, never a mixture.
 * Not synced: after a power loss the file may be old or empty, which its readers must bear.
 */
export function replaceFile(fileSystem: FileSystem, path: string, contents: string): void {
  const file = fileSystem.open(`${path}.new`, 'create');
  try {
    file.writeAt(Buffer.from(contents), 0);
  } finally {
    file.close();
  }
  fileSystem.rename(`${path}.new`, path);
}
