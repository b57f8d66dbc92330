/**
 * How writes follow each other in the log: each commit needle and each volume's first needle must continue what came
 * before. Recovery and `fsck` walk the log with it, so they agree on what is whole.
 */
import { type CommitRecord, decodeCommitRecord, decodeVolumeRecord, type NeedlePlace } from './commit-record.ts';
import type { Needle } from './needle.ts';
import { formatVersion } from './refs-file.ts';
import type { LogPosition } from './store-index.ts';

/** Where a log begins: before the first needle of the first volume. */
export const logBegin: LogPosition = {
  volume: 1,
  offset: 0,
  sequence: 0,
  commit: null,
  commitId: null,
  head: 'refs/heads/main',
};

/** What is wrong with a needle as the next one of the log; `fault` continues a sentence. */
export interface ChainFault {
  readonly fault: string;
}

export class LogChain {
  #position: LogPosition;

  constructor(from: LogPosition) {
    this.#position = from;
  }

  /** Where the last whole write, or the volume's first needle, ends. */
  get position(): LogPosition {
    return this.#position;
  }

  /** Takes a volume's first needle; undefined when it is as it must be. */
  volume(volume: number, { offset, end, body }: Needle): ChainFault | undefined {
    const record = decodeVolumeRecord(body);
    const { sequence, commit } = this.#position;
    this.#position = { ...this.#position, volume, offset: end };
    if (record === undefined || record.format !== formatVersion || record.volume !== volume || offset !== 0) {
      return { fault: 'it does not begin this volume' };
    }
    if (record.sequence !== sequence || !isSame(record.previous, commit)) {
      return { fault: `the volume does not follow write ${sequence}` };
    }
    return undefined;
  }

  /** Takes a commit needle as the end of a write: its record, or why it cannot stand here. */
  commit(volume: number, needle: Needle): CommitRecord | ChainFault {
    const { volume: inVolume, offset, sequence, commit } = this.#position;
    const record = decodeCommitRecord(needle.body);
    if (record === undefined) return { fault: 'the commit needle has no commit record' };
    this.#position = {
      volume,
      offset: needle.end,
      sequence: record.sequence,
      commit: { volume, offset: needle.offset },
      commitId: needle.id,
      head: record.operation.head,
    };
    if (record.sequence !== sequence + 1 || !isSame(record.previous, commit)) {
      return { fault: `write ${record.sequence} stands where write ${sequence + 1} belongs` };
    }
    if (record.from !== offset || record.to !== needle.offset || inVolume !== volume) {
      return { fault: 'the commit needle is of another write' };
    }
    return record;
  }
}

export function isChainFault(taken: CommitRecord | ChainFault): taken is ChainFault {
  return 'fault' in taken;
}

function isSame(a: NeedlePlace | null, b: NeedlePlace | null): boolean {
  return a?.volume === b?.volume && a?.offset === b?.offset;
}
