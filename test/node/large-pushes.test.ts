/** What large pushes cost a server: neither its other requests nor its memory. */
import { expect, test } from 'vitest';
import { type NewObject, objectId } from '../../src/object/object.ts';
import type { Oid } from '../../src/object/oid.ts';
import { encodePackEntry } from '../../src/object/pack-entry.ts';
import { pushObjects } from './push-objects.ts';
import { prepareRoot, serveBank } from './served-bank.ts';
import { startServing } from './start-serving.ts';

const MiB = 1024 * 1024;
const refs = '/info/refs?service=git-upload-pack';
const blobOf = (bytes: number, filling: number): NewObject => {
  const body = Buffer.alloc(bytes, filling);
  return { oid: objectId('blob', body), type: 'blob', body };
};
const entryOf = ({ type, body }: NewObject) => ({ bytes: encodePackEntry(type, body) });
const toMake = (name: string, id: Oid) => [{ name: `refs/heads/${name}`, old: null, new: id }];

test('while six objects of the largest size are taken in, other requests are answered', async () => {
  const bank = await serveBank({ packs: { object_bytes: 24 * MiB } });
  const bombs = [1, 2, 3, 4, 5, 6].map((filling) => blobOf(24 * MiB, filling));
  const [first] = bombs;
  const entries = bombs.map(entryOf);
  let decided = false;
  const pushing = pushObjects(bank.url, toMake('bomb', first?.oid as Oid), entries).finally(() => (decided = true));
  let answered = 0;
  for (; !decided; answered += 1) expect((await fetch(`${bank.url}${refs}`)).status).toBe(200);
  expect((await pushing).refs.get('refs/heads/bomb')).toMatch(/a branch stands on a block, and this is a blob/);
  expect(answered).toBeGreaterThan(200);
});

test('an object over the limit is refused', async () => {
  const bank = await serveBank({ packs: { object_bytes: MiB } });
  const large = blobOf(MiB + 1, 1);
  const report = await pushObjects(bank.url, toMake('large', large.oid), [large]);
  expect(report.unpackFault).toBe('an object has 1048577 bytes, over the limit of 1048576');
});

test('eight pushers of the largest object at once need no more memory than one after the other', async () => {
  const { root } = await prepareRoot();
  const object_bytes = 96 * MiB;
  const server = await startServing(root, { object_bytes });
  const url = `${server.origin}/shop`;
  const large = blobOf(object_bytes, 1);
  const entry = entryOf(large);
  await (await fetch(`${url}${refs}`)).text();
  const before = server.memory();
  const pushes = Array.from({ length: 8 }, (_, at) => pushObjects(url, toMake(`b${at}`, large.oid), [entry]));
  for (const [at, { refs: reported }] of (await Promise.all(pushes)).entries())
    expect(reported.get(`refs/heads/b${at}`)).toMatch(/a branch stands on a block/);
  // All at once they would have eight of them.
  expect(server.mostMemory() - before).toBeLessThan(500);
  await server.stop();
});
