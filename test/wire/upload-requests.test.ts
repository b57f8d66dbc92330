/** Requests of a fetch byte by byte: what is answered to each, and that nothing brings the server down. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { encodeCommit } from '../../src/object/commit.ts';
import { objectId } from '../../src/object/object.ts';
import type { Oid } from '../../src/object/oid.ts';
import { encodeTree } from '../../src/object/tree.ts';
import { delimiterPacket, flushPacket, linePacket, type Packet, readPacket } from '../../src/wire/pkt-line.ts';
import type { ServedRepository } from '../../src/wire/served.ts';
import { dataOfBands } from '../../src/wire/side-band.ts';
import { unpack } from '../../src/wire/unpack.ts';
import { type ProtocolVersion, uploadPack } from '../../src/wire/upload-pack.ts';
import { mutated } from '../object/arbitraries.ts';
import { MemorySink } from './packs.ts';
import { anyPieceLength, gathered, pieces, readerOf } from './streams.ts';

const who = { name: 'ada', email: 'ada', seconds: 1_700_000_000 };

/** Three commits with a file each, a fourth that no ref leads to. */
function repository(): ServedRepository & { objects: MemorySink; commits: Oid[]; unreachable: Oid } {
  const objects = new MemorySink();
  const put = (type: 'blob' | 'tree' | 'commit', body: Uint8Array): Oid => {
    const oid = objectId(type, body);
    objects.put({ oid, type, body });
    return oid;
  };
  const commits: Oid[] = [];
  for (let at = 0; at < 4; at += 1) {
    const blob = put('blob', Buffer.from(`text ${at}`));
    const tree = put('tree', encodeTree([{ mode: '100644', name: 'file', oid: blob }]));
    const committer = { ...who, seconds: who.seconds + at };
    commits.push(
      put(
        'commit',
        encodeCommit({ tree, parents: commits.slice(-1), author: committer, committer, message: `${at}\n` }),
      ),
    );
  }
  const [, , tip, unreachable] = commits;
  if (tip === undefined || unreachable === undefined) throw new Error('four commits were made');
  return { objects, commits, unreachable, refs: [{ name: 'refs/heads/main', oid: tip }], head: 'refs/heads/main' };
}

const served = repository();
const [root, middle, tip] = served.commits as [Oid, Oid, Oid];
const absent = 'e'.repeat(64);

/** A packet as the tests show it: a line, or the name of a packet without one. */
type Shown = string;

async function answer(
  version: ProtocolVersion,
  ...parts: (string | Uint8Array)[]
): Promise<{ packets: Shown[]; faults: unknown[]; bytes: Buffer }> {
  const request = Buffer.concat(parts.map((part) => (typeof part === 'string' ? linePacket(part) : part)));
  const faults: unknown[] = [];
  const options = { agent: 'aergo/test', onFault: (error: unknown) => void faults.push(error) };
  const bytes = await gathered(uploadPack(served, version, pieces(request, 33), options));
  const packets: Shown[] = [];
  const reader = readerOf(bytes);
  try {
    for (let next: Packet = await readPacket(reader); next !== 'end'; next = await readPacket(reader)) {
      packets.push(typeof next === 'string' ? next : next.toString('latin1').trimEnd());
    }
  } catch {
    // A pack without side bands is no row of packets.
    packets.push('bytes');
  }
  return { packets, faults, bytes };
}

const head = ['command=fetch', 'agent=git/2.39.5', 'object-format=sha256', delimiterPacket] as const;
const fetching = (...lines: string[]) => answer(2, ...head, ...lines, flushPacket);

/** The ids of the pack in an answer of protocol 2. */
async function packed(bytes: Buffer): Promise<Oid[]> {
  const reader = readerOf(bytes);
  for (let next = await readPacket(reader); next.toString() !== 'packfile\n'; next = await readPacket(reader)) {
    if (next === 'end') throw new Error('there is no pack');
  }
  const sink = new MemorySink();
  await unpack(readerOf(await gathered(dataOfBands(reader, () => undefined))), sink);
  return [...sink.objects.keys()];
}

describe('a fetch in protocol 2', () => {
  test('without haves gets its pack at once', async () => {
    const { packets, bytes } = await fetching(`want ${tip}`);
    expect(packets[0]).toBe('packfile');
    expect(packets.at(-1)).toBe('flush');
    expect(await packed(bytes)).toHaveLength(9);
  });

  test('is told what is not known, what is, and when that is enough', async () => {
    expect((await fetching(`want ${tip}`, `have ${absent}`)).packets).toEqual(['acknowledgments', 'NAK', 'flush']);
    const known = await fetching(`want ${tip}`, `have ${absent}`, `have ${root}`, 'no-progress');
    expect(known.packets.slice(0, 5)).toEqual(['acknowledgments', `ACK ${root}`, 'ready', 'delimiter', 'packfile']);
    expect(await packed(known.bytes)).toHaveLength(6);
  });

  test('is told of a commit that no ref reaches as of one that is not there, and gets all the same', async () => {
    const known = await fetching(`want ${tip}`, `have ${served.unreachable}`);
    expect(known.packets).toEqual(['acknowledgments', 'NAK', 'flush']);
    const blob = objectId('blob', Buffer.from('text 3'));
    expect((await fetching(`want ${tip}`, `have ${blob}`)).packets).toEqual(['acknowledgments', 'NAK', 'flush']);
    // Its history is ours, and nothing of it is left out.
    const { bytes } = await fetching(`want ${tip}`, `have ${served.unreachable}`, 'done');
    expect(await packed(bytes)).toHaveLength(9);
  });

  test('that is done hears no acknowledgments', async () => {
    const { packets, bytes } = await fetching(`want ${tip}`, `have ${middle}`, 'done');
    expect(packets[0]).toBe('packfile');
    expect(await packed(bytes)).toHaveLength(3);
  });

  test('may wait until it says that it is done, and may want nothing but to know what is common', async () => {
    const waiting = await fetching(`want ${tip}`, `have ${middle}`, 'wait-for-done');
    expect(waiting.packets).toEqual(['acknowledgments', `ACK ${middle}`, 'flush']);
    const only = await fetching(`have ${middle}`, `have ${absent}`, 'wait-for-done');
    expect(only.packets).toEqual(['acknowledgments', `ACK ${middle}`, 'flush']);
    expect((await fetching()).packets).toEqual([]);
  });

  test('may want a ref by its name', async () => {
    const { packets, bytes } = await fetching('want-ref refs/heads/main', 'done');
    expect(packets.slice(0, 4)).toEqual(['wanted-refs', `${tip} refs/heads/main`, 'delimiter', 'packfile']);
    expect(await packed(bytes)).toHaveLength(9);
    expect((await fetching('want-ref refs/heads/other', 'done')).packets).toEqual([
      'ERR there is no ref "refs/heads/other"',
    ]);
  });

  test('may want whatever a ref reaches: a commit, a tree, a file', async () => {
    const tree = [...served.objects.objects].find(([, { type }]) => type === 'tree')?.[0] ?? root;
    const blob = objectId('blob', Buffer.from('text 0'));
    expect(await packed((await fetching(`want ${root}`, 'done')).bytes)).toHaveLength(3);
    expect(await packed((await fetching(`want ${tree}`, 'done')).bytes)).toEqual([tree, blob]);
    expect(await packed((await fetching(`want ${blob}`, 'done')).bytes)).toEqual([blob]);
    // Asked for by name it comes whatever the filter says.
    expect(await packed((await fetching(`want ${blob}`, 'filter blob:none', 'done')).bytes)).toEqual([blob]);
  });

  test('is refused what no ref reaches in the same words as what is not there', async () => {
    for (const want of [served.unreachable, absent, objectId('blob', Buffer.from('text 3'))]) {
      const { packets, faults } = await fetching(`want ${want}`, 'done');
      expect(packets).toEqual([`ERR no ref leads to object ${want}`]);
      expect(faults).toEqual([expect.objectContaining({ code: 'AERGO_PROTOCOL_INVALID' })]);
    }
  });

  test('is told where its history is cut, and what is not shallow any more', async () => {
    const first = await fetching(`want ${tip}`, 'deepen 1', 'done');
    expect(first.packets.slice(0, 4)).toEqual(['shallow-info', `shallow ${tip}`, 'delimiter', 'packfile']);
    expect(await packed(first.bytes)).toHaveLength(3);
    const more = await fetching(`want ${tip}`, `have ${tip}`, `shallow ${tip}`, 'deepen 1', 'deepen-relative', 'done');
    expect(more.packets.slice(0, 3)).toEqual(['shallow-info', `shallow ${middle}`, `unshallow ${tip}`]);
    expect(await packed(more.bytes)).toHaveLength(3);
    // A depth that reaches the first commit cuts nothing.
    expect((await fetching(`want ${tip}`, 'deepen 3', 'done')).packets.slice(0, 2)).toEqual([
      'shallow-info',
      'delimiter',
    ]);
  });

  const refused: [string, string[]][] = [
    ['an id that is none', ['want xyz']],
    ['an id of SHA-1', [`want ${'1'.repeat(40)}`]],
    ['a have that is none', [`want ${tip}`, 'have xyz']],
    ['a depth that is no number', [`want ${tip}`, 'deepen x']],
    ['a depth below zero', [`want ${tip}`, 'deepen -1']],
    ['a time that is no number', [`want ${tip}`, 'deepen-since yesterday']],
    ['two kinds of depth', [`want ${tip}`, 'deepen 1', 'deepen-not refs/heads/main']],
    ['a ref to cut at that is not there', [`want ${tip}`, 'deepen-not refs/heads/other']],
    ['a depth that leaves nothing', [`want ${tip}`, 'deepen-not refs/heads/main']],
    ['a filter that is unknown', [`want ${tip}`, 'filter sparse:oid=x']],
    ['an argument that is unknown', [`want ${tip}`, 'packfile-uris https']],
    ['an argument without its value', ['want']],
  ];
  test.each(refused)('is answered with an error when it has %s', async (_what, lines) => {
    const { packets, faults } = await fetching(...lines);
    expect(packets).toHaveLength(1);
    expect(packets[0]).toMatch(/^ERR /);
    expect(faults).toEqual([expect.objectContaining({ code: 'AERGO_PROTOCOL_INVALID' })]);
  });
});

describe('a command of protocol 2', () => {
  test.each([
    ['another command', ['command=object-info', 'object-format=sha256', delimiterPacket, flushPacket]],
    ['no command', ['object-format=sha256', delimiterPacket, flushPacket]],
    ['no object format', ['command=ls-refs', delimiterPacket, flushPacket]],
    ['the object format of SHA-1', ['command=ls-refs', 'object-format=sha1', delimiterPacket, flushPacket]],
    ['no end', ['command=ls-refs', 'object-format=sha256', delimiterPacket]],
    ['two delimiters', [...head, delimiterPacket, flushPacket]],
    ['bytes that are no packets', [Buffer.from('hello')]],
  ])('is answered with an error when it has %s', async (_what, parts) => {
    const { packets, faults } = await answer(2, ...parts);
    expect(packets).toEqual([expect.stringMatching(/^ERR /)]);
    expect(faults).toEqual([expect.objectContaining({ code: 'AERGO_PROTOCOL_INVALID' })]);
  });

  test('lists refs by their prefixes, and HEAD that leads nowhere when that is asked for', async () => {
    const listing = (...lines: string[]) =>
      answer(2, 'command=ls-refs', 'object-format=sha256', delimiterPacket, ...lines, flushPacket);
    expect((await listing('symrefs', 'peel')).packets).toEqual([
      `${tip} HEAD symref-target:refs/heads/main`,
      `${tip} refs/heads/main`,
      'flush',
    ]);
    expect((await listing('ref-prefix refs/tags/')).packets).toEqual(['flush']);
    expect((await listing('ref-prefix refs/tags/', 'ref-prefix refs/heads/')).packets).toEqual([
      `${tip} refs/heads/main`,
      'flush',
    ]);
  });

  test('that is empty gets no answer', async () => {
    expect((await answer(2, flushPacket)).packets).toEqual([]);
  });
});

describe('a fetch in protocol 0', () => {
  const asking = (capabilities: string, ...parts: (string | Uint8Array)[]) =>
    answer(0, `want ${tip} ${capabilities}`, flushPacket, ...parts);

  test('gets its pack without side bands when it does not know them', async () => {
    const { bytes } = await asking('ofs-delta', 'done');
    expect(bytes.toString('latin1', 0, 8)).toBe('0008NAK\n');
    expect(await unpack(readerOf(bytes.subarray(8)), new MemorySink())).toMatchObject({ objects: 9 });
  });

  test('hears of the first commit in common only, when it asks for no more', async () => {
    const { packets } = await asking('side-band-64k', `have ${absent}`, `have ${middle}`, `have ${root}`, flushPacket);
    expect(packets).toEqual([`ACK ${middle}`]);
    expect((await asking('side-band-64k', `have ${absent}`, flushPacket)).packets).toEqual(['NAK']);
    const done = await asking('side-band-64k no-progress', `have ${middle}`, 'done');
    expect(done.packets[0]).toBe(`ACK ${middle}`);
    expect(done.packets[1]?.startsWith('\x01PACK')).toBe(true);
  });

  test('hears of every commit in common and when that is enough, and gets the pack with it', async () => {
    const detailed = 'multi_ack_detailed side-band-64k no-progress';
    const { packets } = await asking(detailed, `have ${middle}`, flushPacket);
    expect(packets).toEqual([`ACK ${middle} common`, `ACK ${middle} ready`, 'NAK']);
    const sent = await asking(`${detailed} no-done`, `have ${middle}`, flushPacket);
    expect(sent.packets.slice(0, 4)).toEqual([`ACK ${middle} common`, `ACK ${middle} ready`, 'NAK', `ACK ${middle}`]);
    expect(sent.packets[4]?.startsWith('\x01PACK')).toBe(true);
    const hidden = await asking(detailed, `have ${served.unreachable}`, flushPacket);
    expect(hidden.packets).toEqual(['NAK']);
    const mixed = await asking(detailed, `have ${middle}`, `have ${absent}`, flushPacket);
    expect(mixed.packets).toEqual([`ACK ${middle} common`, `ACK ${middle} ready`, 'NAK']);
    const done = await asking(detailed, `have ${middle}`, 'done');
    expect(done.packets.slice(0, 2)).toEqual([`ACK ${middle} common`, `ACK ${middle}`]);
  });

  test('may want what a ref names, and nothing behind it', async () => {
    const { packets } = await answer(0, `want ${root} side-band-64k`, flushPacket, 'done');
    expect(packets).toEqual([`ERR no ref leads to object ${root}`]);
  });

  test('that wants nothing gets no answer', async () => {
    expect((await answer(0, flushPacket)).packets).toEqual([]);
    expect((await answer(0)).packets).toEqual([]);
  });

  test.each([
    ['no want at first', [`have ${tip}`, flushPacket, 'done']],
    ['an id of SHA-1', [`want ${'1'.repeat(40)} ofs-delta`, flushPacket, 'done']],
    ['a line of anything among the wants', [`want ${tip}`, 'hello', flushPacket, 'done']],
    ['a line of anything among the haves', [`want ${tip}`, flushPacket, 'hello']],
    ['a have that is none', [`want ${tip}`, flushPacket, 'have x']],
    ['no end of the wants', [`want ${tip}`]],
    ['a delimiter', [`want ${tip}`, delimiterPacket]],
    ['over 100 rounds', [`want ${tip}`, flushPacket, ...Array(101).fill(flushPacket)]],
  ])('is answered with an error when it has %s', async (_what, parts) => {
    const { packets, faults } = await answer(0, ...parts);
    expect(packets.at(-1)).toMatch(/^ERR /);
    expect(faults).toEqual([expect.objectContaining({ code: 'AERGO_PROTOCOL_INVALID' })]);
  });
});

test('any request is answered to its end, and every fault of a client has its code', async () => {
  const bytesOf = (...parts: readonly (string | Uint8Array)[]) =>
    Buffer.concat(parts.map((part) => (typeof part === 'string' ? linePacket(part) : part)));
  const sound = fc.constantFrom(
    bytesOf(...head, `want ${tip}`, `have ${root}`, 'deepen 2', 'filter tree:1', 'done', flushPacket),
    bytesOf('command=ls-refs', 'object-format=sha256', delimiterPacket, 'peel', 'ref-prefix refs/', flushPacket),
    bytesOf(`want ${tip} multi_ack_detailed side-band-64k`, 'deepen 1', flushPacket, `have ${middle}`, 'done'),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(fc.uint8Array(), mutated(sound)),
      fc.constantFrom<ProtocolVersion>(0, 1, 2),
      anyPieceLength,
      async (request, version, length) => {
        const faults: unknown[] = [];
        const options = { agent: 'aergo/test', onFault: (error: unknown) => void faults.push(error) };
        await gathered(uploadPack(served, version, pieces(request, length), options));
        for (const fault of faults) expect(fault).toMatchObject({ code: 'AERGO_PROTOCOL_INVALID' });
      },
    ),
    { numRuns: 500 },
  );
});
