/**
 * Bytes of a small repository's volumes, flipped one at a time: each is noticed, with exit code 6 and the place, or no answer
 * changes. At every n-th byte in CI, at every byte in test/long.
 */
import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { AergoError, exitCodes } from '../../src/errors.ts';
import { Repository } from '../../src/repository.ts';
import { closeQuietly, fixedOptions, newRepository, withBank } from './repository.ts';

/** Blocks of every kind, a branch, a merge with a drop and a snapshot; closed. */
async function smallRepository(): Promise<string> {
  const test = await newRepository();
  await withBank(test, { alice: '100', bob: '50' });
  const { repository, admin: key, directory } = test;
  const pay = (amount: string, on: string) =>
    repository.call({ contract: 'bank', function: 'pay', args: ['alice', 'bob', amount], key, on });
  await repository.createBranch('side');
  await pay('60', 'side');
  await pay('5', 'side');
  await pay('50', 'main');
  await repository.merge({ source: 'side', sealer: key });
  await repository.createSnapshot('v1', '@', key);
  await closeQuietly(repository);
  return directory;
}

/** Everything that reading without the engine tells. */
async function answersOf(repository: Repository): Promise<unknown> {
  const rows: unknown[] = [];
  for await (const row of repository.scan('bank.accounts')) rows.push(row);
  const shown: unknown[] = [];
  for (const block of await repository.log()) shown.push(await repository.show(block.id));
  return {
    rows,
    shown,
    contracts: await repository.contracts(),
    branches: repository.branches(),
    snapshots: repository.snapshots(),
    keys: repository.keys(),
  };
}

/** What opening, checking and reading said: the error, or the answers. */
async function judge(directory: string): Promise<{ error: AergoError } | { answers: unknown }> {
  let repository: Repository | undefined;
  try {
    repository = await Repository.open(directory, fixedOptions('flips'));
    await repository.verify({ fast: true });
    return { answers: await answersOf(repository) };
  } catch (error) {
    if (error instanceof AergoError) return { error };
    throw error;
  } finally {
    await repository?.close();
  }
}

function writeByte(path: string, offset: number, byte: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Uint8Array.of(byte), 0, 1, offset);
  closeSync(file);
}

/** Flips every `step`-th byte, beginning at the first. Gives how many were flipped. */
export async function flipBytes(step: number): Promise<number> {
  const directory = await smallRepository();
  const volume = join(directory, 'volumes', '00000001.vol');
  const bytes = readFileSync(volume);
  const sound = await judge(directory);
  expect(sound).toHaveProperty('answers');
  let flipped = 0;
  for (let offset = 0; offset < bytes.length; offset += step) {
    const byte = bytes[offset] ?? 0;
    writeByte(volume, offset, byte ^ (1 << (offset % 8)));
    const verdict = await judge(directory);
    writeByte(volume, offset, byte);
    flipped++;
    if ('answers' in verdict) expect(verdict).toEqual(sound);
    else {
      expect(verdict.error.exitCode).toBe(exitCodes.integrity);
      expect(verdict.error.details).toMatchObject({ volume: expect.anything(), offset: expect.any(Number) });
    }
  }
  expect(await judge(directory)).toEqual(sound);
  return flipped;
}
