/** `FileSystem`s for tests: one that notes its calls, and one that fails the Nth of those that change something. */
import { type FileSystem, nodeFileSystem, type OpenFile } from '../../src/store/file-system.ts';

/** Called before each call with its name and path, or after half of a `writeAt`; throws to make it fail. */
type Watch = (call: string, path: string) => void;

function watched(watch: Watch): FileSystem {
  return {
    open(path, mode) {
      watch(`open ${mode}`, path);
      return watchedFile(nodeFileSystem.open(path, mode), path, watch);
    },
    mkdir(path) {
      watch('mkdir', path);
      nodeFileSystem.mkdir(path);
    },
    readdir: nodeFileSystem.readdir,
    rename(from, to) {
      watch('rename', to);
      nodeFileSystem.rename(from, to);
    },
    unlink(path) {
      watch('unlink', path);
      nodeFileSystem.unlink(path);
    },
    readFile: nodeFileSystem.readFile,
    exists: nodeFileSystem.exists,
    async syncDirectory(path) {
      watch('syncDirectory', path);
      await nodeFileSystem.syncDirectory(path);
    },
  };
}

function watchedFile(file: OpenFile, path: string, watch: Watch): OpenFile {
  return {
    readAt(offset, length) {
      watch('readAt', path);
      return file.readAt(offset, length);
    },
    writeAt(bytes, offset) {
      try {
        watch('writeAt', path);
      } catch (error) {
        file.writeAt(bytes.subarray(0, bytes.length >>> 1), offset); // as a full disk does
        throw error;
      }
      file.writeAt(bytes, offset);
    },
    async datasync() {
      watch('datasync', path);
      await file.datasync();
    },
    truncate(size) {
      watch('truncate', path);
      file.truncate(size);
    },
    size: () => file.size(),
    close: () => file.close(),
  };
}

/** Notes every call as "name path". */
export function countingFileSystem(): { fileSystem: FileSystem; calls: string[] } {
  const calls: string[] = [];
  return { calls, fileSystem: watched((call, path) => calls.push(`${call} ${path}`)) };
}

/** An error as the system gives it. */
export function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: made by the test`), { code });
}

/** Fails calls: `failing` says which, and may be changed between the store's operations. */
export class FaultyFileSystem {
  readonly fileSystem: FileSystem;
  failing: (call: string, path: string) => Error | undefined = () => undefined;

  constructor() {
    this.fileSystem = watched((call, path) => {
      const error = this.failing(call, path);
      if (error !== undefined) throw error;
    });
  }

  /** Fails call number `n` (from 0) of those that change something, and with `andAfter` all that follow. */
  failNth(n: number, code: string, andAfter = false): void {
    let count = 0;
    this.failing = (call) => {
      if (call === 'readAt' || call === 'open read') return undefined;
      const at = count++;
      return at === n || (andAfter && at > n) ? systemError(code) : undefined;
    };
  }

  heal(): void {
    this.failing = () => undefined;
  }
}
