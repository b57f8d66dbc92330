/** The machine's file system, counting what the store does to it: figures that are the same on every machine. */
import { type FileSystem, nodeFileSystem } from '../src/store/file-system.ts';

export interface Operations {
  reads: number;
  read_bytes: number;
  writes: number;
  written_bytes: number;
  syncs: number;
}

export class CountingFileSystem implements FileSystem {
  readonly mkdir = nodeFileSystem.mkdir;
  readonly readdir = nodeFileSystem.readdir;
  readonly rename = nodeFileSystem.rename;
  readonly unlink = nodeFileSystem.unlink;
  readonly readFile = nodeFileSystem.readFile;
  readonly exists = nodeFileSystem.exists;
  readonly syncDirectory = nodeFileSystem.syncDirectory;
  #done = noOperations();

  readonly open: FileSystem['open'] = (path, mode) => {
    const file = nodeFileSystem.open(path, mode);
    return {
      readAt: (offset, length) => {
        const bytes = file.readAt(offset, length);
        this.#done.reads++;
        this.#done.read_bytes += bytes.length;
        return bytes;
      },
      writeAt: (bytes, offset) => {
        this.#done.writes++;
        this.#done.written_bytes += bytes.length;
        file.writeAt(bytes, offset);
      },
      datasync: () => {
        this.#done.syncs++;
        return file.datasync();
      },
      truncate: (size) => file.truncate(size),
      size: () => file.size(),
      close: () => file.close(),
    };
  };

  /** What was done since the last time, and begins to count anew. */
  take(): Operations {
    const done = this.#done;
    this.#done = noOperations();
    return done;
  }
}

const noOperations = (): Operations => ({ reads: 0, read_bytes: 0, writes: 0, written_bytes: 0, syncs: 0 });
