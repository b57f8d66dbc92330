/**
 * A process of its own for test/store/processes.test.ts: writes blocks to a store and prints each block's id after it
 * was acknowledged. Arguments: directory, name, number of writes, `reopen` to open the store anew for each.
 */
import { writeSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { Store } from '../../src/store/store.ts';
import { newObject } from './objects.ts';

const [directory = '', name = '', count = '1', mode = ''] = process.argv.slice(2);
const options = {
  derive: () => [],
  holder: { pid: process.pid, command: `writing-process ${name}`, since: Date.now() },
  lockTimeout_ms: 60_000,
};

let longest_ms = 0;
let store: Store | undefined;
for (let at = 0; at < Number(count); at++) {
  const begin = performance.now();
  store ??= await Store.open(directory, options);
  longest_ms = Math.max(longest_ms, performance.now() - begin);
  const objects = [0, 1, 2, 3].map((part) => newObject('blob', `${name} ${at} ${part} `.repeat(1 + 20 * part)));
  const id = objects.at(-1)?.oid;
  if (id === undefined) throw new Error('no object');
  const ref = 'refs/heads/main';
  const old = store.ref(ref)?.oid ?? null;
  const operation = { time: Date.now(), command: `write ${at}`, head: ref };
  await store.write({ blocks: [{ id, objects }], refs: [{ name: ref, old, new: id }], operation });
  writeSync(1, `${id}\n`);
  if (mode === 'reopen') {
    await store.close();
    store = undefined;
  }
}
await store?.close();
writeSync(2, `${longest_ms.toFixed(0)}\n`);
