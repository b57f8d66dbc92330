/**
 * The commit protocol: needles and commit needle are appended, synced once, and only then acknowledged. What fails before
 * that is cut off again; a failed sync is fatal, since the system may have dropped what it could not write.
 */
import { AergoError } from '../errors.ts';
import { encodeCommitRecord, type Operation, volumeNeedle } from './commit-record.ts';
import { storeFault } from './damage.ts';
import type { LoggedCommit } from './indexed-write.ts';
import { recordNeedle } from './needle.ts';
import type { RefUpdate } from './refs.ts';
import type { LogPosition } from './store-index.ts';
import type { VolumeLog } from './volume-log.ts';
import { partsOf, rangesAt, type WritePlan, writeLimit_bytes, writeTooLarge } from './write-plan.ts';

export class LogWriter {
  readonly #log: VolumeLog;
  readonly #volumeLimit_bytes: number;
  #failed: AergoError | undefined;

  constructor(log: VolumeLog, volumeLimit_bytes: number) {
    this.#log = log;
    this.#volumeLimit_bytes = volumeLimit_bytes;
  }

  /** @throws AergoError AERGO_STORE_FAILED when an earlier write ended so that only opening again tells what holds */
  refuseIfFailed(): void {
    if (this.#failed === undefined) return;
    throw new AergoError('AERGO_STORE_FAILED', 'an earlier write failed, and nothing more can be written', {
      hint: 'open the repository again to see what holds',
      cause: this.#failed,
    });
  }

  /** Nothing may be written any more through this writer. */
  fail(error: AergoError): AergoError {
    this.#failed ??= error;
    return error;
  }

  /**
   * Appends one write; when it resolves, the write is on the disk.
   * @throws AergoError AERGO_STORE_FULL, AERGO_STORE_IO when the log is as before; AERGO_STORE_UNKNOWN when even the
   * cutting back failed
   */
  async append(
    position: LogPosition,
    plan: WritePlan,
    refs: readonly RefUpdate[],
    operation: Operation,
  ): Promise<LoggedCommit> {
    let commit = this.#commitNeedle(position, plan, refs, operation);
    if (this.#isFull(position, plan.size_bytes + commit.bytes.length)) {
      await this.#beginVolume(position);
      commit = this.#commitNeedle(position, plan, refs, operation);
    }
    const from = this.#log.end;
    try {
      this.#log.append(partsOf(plan, commit.bytes));
    } catch (error) {
      throw this.cutBack(from, storeFault(error, 'writing'));
    }
    try {
      await this.#log.sync();
    } catch (error) {
      throw this.fail(this.cutBack(from, storeFault(error, 'bringing a write to the disk')));
    }
    const { record, id } = commit;
    return { record, id, volume: this.#log.last, offset: record.to, end: this.#log.end };
  }

  /** Takes an unacknowledged write off the log and gives the error to throw: `error`, or that even this failed. */
  cutBack(to: number, error: AergoError): AergoError {
    try {
      this.#log.cut(to);
      return error;
    } catch (cause) {
      return this.fail(
        new AergoError('AERGO_STORE_UNKNOWN', 'a write failed and could not be taken back', {
          hint: 'open the repository again to see whether it holds',
          details: { ...error.details, write: error.message },
          cause,
        }),
      );
    }
  }

  #commitNeedle(position: LogPosition, plan: WritePlan, refs: readonly RefUpdate[], operation: Operation) {
    const from = this.#log.end;
    const record = {
      sequence: position.sequence + 1,
      previous: position.commit,
      from,
      to: from + plan.size_bytes,
      refs,
      blocks: rangesAt(plan, from),
      operation,
    };
    const body = encodeCommitRecord(record);
    if (body.length > writeLimit_bytes) throw writeTooLarge();
    return { record, ...recordNeedle('commit', body) };
  }

  /** A volume without any write takes one of any size: a write never spans volumes. */
  #isFull(position: LogPosition, size_bytes: number): boolean {
    return position.commit?.volume === this.#log.last && this.#log.end + size_bytes > this.#volumeLimit_bytes;
  }

  async #beginVolume(position: LogPosition): Promise<void> {
    try {
      await this.#log.addVolume(volumeNeedle(this.#log.last + 1, position.sequence, position.commit));
    } catch (error) {
      throw this.fail(storeFault(error, 'beginning a volume'));
    }
  }
}
