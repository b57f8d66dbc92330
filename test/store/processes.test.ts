/** Several real processes on one store, and processes that are killed. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseOid } from '../../src/object/oid.ts';
import { Store } from '../../src/store/store.ts';
import { newDirectory, options, withStore } from './workbench.ts';

const program = fileURLToPath(new URL('writing-process.ts', import.meta.url));

function start(...args: string[]): ChildProcessByStdio<null, Readable, Readable> {
  return spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** As the writing process derives. */
const same = { derive: () => [] };

const lines = (output: string) => output.split('\n').filter((line) => line.length === 64);

describe('processes', () => {
  test('eight that open the store a hundred times each all get through, and lose nothing', async () => {
    const directory = newDirectory();
    await withStore(directory, () => undefined, 'create');
    const children = Array.from({ length: 8 }, (_, n) => start(directory, `p${n}`, '100', 'reopen'));
    const results = await Promise.all(
      children.map(async (child) => {
        const [output, complaint] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
        return { output, complaint, code: child.exitCode };
      }),
    );
    for (const { code, complaint } of results) expect(code, complaint).toBe(0);
    const acknowledged = results.flatMap(({ output }) => lines(output));
    expect(new Set(acknowledged).size).toBe(800);
    await withStore(
      directory,
      async (store) => {
        const operations = [...store.operations()];
        expect(operations).toHaveLength(800);
        expect(new Set(operations.flatMap(({ blocks }) => blocks))).toEqual(new Set(acknowledged));
        expect((await store.fsck()).problems).toEqual([]);
      },
      'open',
      same,
    );
  }, 240_000);

  test('one that is killed while it writes loses nothing that it acknowledged, twenty times over', async () => {
    const directory = newDirectory();
    await withStore(directory, () => undefined, 'create');
    const acknowledged: string[] = [];
    for (let round = 0; round < 20; round++) {
      const child = start(directory, `round ${round}`, '1000000');
      let output = '';
      child.stdout.on('data', (some: Buffer) => {
        output += some.toString();
        // Killed after a number of writes that differs from round to round, somewhere within the next ones.
        if (lines(output).length > 3 + round * 2) child.kill('SIGKILL');
      });
      await once(child, 'close');
      acknowledged.push(...lines(output));
      await withStore(
        directory,
        (store) => {
          for (const id of acknowledged) expect(store.has(parseOid(id)), id).toBe(true);
          const operations = [...store.operations()];
          expect(operations.length).toBeGreaterThanOrEqual(acknowledged.length);
          expect(operations.length).toBeLessThanOrEqual(acknowledged.length + round + 1);
        },
        'open',
        same,
      );
    }
    await withStore(
      directory,
      async (store) => {
        expect((await store.fsck()).problems).toEqual([]);
        for (const id of acknowledged) expect(store.read(parseOid(id)).type).toBe('blob');
      },
      'open',
      same,
    );
  }, 240_000);

  test('one that waits in vain hears which process has the store, with what command, since when', async () => {
    const directory = newDirectory();
    await withStore(
      directory,
      async () => {
        const waiting = Store.open(directory, { ...options, lockTimeout_ms: 60 });
        await expect(waiting).rejects.toMatchObject({
          code: 'AERGO_LOCKED',
          exitCode: 75,
          message: `the repository is in use by process ${process.pid} (aergo test) since 2023-11-14T22:13:20.000Z; waited 60 ms`,
          details: { pid: process.pid, command: 'aergo test', since: 1_700_000_000_000 },
        });
      },
      'create',
    );
  });

  test('two that open the store in one process take turns', async () => {
    const directory = newDirectory();
    const first = await Store.create(directory, options);
    const second = Store.open(directory, options);
    await first.close();
    await (await second).close();
  });
});
