/** A remote's word is a stranger's: whatever it answers, the client ends with what it asked for or with a coded error. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import { type Oid, parseOid } from '../../src/object/oid.ts';
import type { ByteStream } from '../../src/wire/byte-reader.ts';
import { ObjectGraph } from '../../src/wire/commit-graph.ts';
import { discoverRefs } from '../../src/wire/discovery.ts';
import { fetchPack } from '../../src/wire/fetch-pack.ts';
import type { FetchWish } from '../../src/wire/fetch-wish.ts';
import { packOf } from '../../src/wire/pack-writer.ts';
import { delimiterPacket, flushPacket, linePacket } from '../../src/wire/pkt-line.ts';
import { sendPack } from '../../src/wire/send-pack.ts';
import { keepAlivePacket, onBand } from '../../src/wire/side-band.ts';
import { toldMeanwhile } from '../../src/wire/told-meanwhile.ts';
import type { GitService, Transport } from '../../src/wire/transport.ts';
import type { ProtocolVersion } from '../../src/wire/upload-pack.ts';
import { mutated } from '../object/arbitraries.ts';
import { MemorySink, packOfEntries, whole } from './packs.ts';
import { gathered, pieces } from './streams.ts';

const agent = 'aergo/test';
const oid = parseOid('1'.repeat(64));
const bytesOf = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? linePacket(part) : part)));

/** A remote that answers what it was told to, whatever is asked. */
class Parrot implements Transport {
  readonly requests: string[] = [];
  readonly #first: Uint8Array;
  readonly #answers: Uint8Array[];

  constructor(first: Uint8Array, ...answers: Uint8Array[]) {
    this.#first = first;
    this.#answers = answers;
  }

  discover(): ByteStream {
    return pieces(this.#first, 7);
  }

  async *request(_service: GitService, _version: ProtocolVersion, body: ByteStream): AsyncGenerator<Uint8Array, void> {
    this.requests.push((await gathered(body)).toString('latin1'));
    yield* pieces(this.#answers.shift() ?? new Uint8Array(), 7);
  }
}

const second = bytesOf('version 2', 'ls-refs=unborn', 'fetch=shallow', 'object-format=sha256', flushPacket);
const refsOf = (...lines: string[]): Buffer => bytesOf(...lines, flushPacket);
const discovered = (first: Uint8Array, ...answers: Uint8Array[]) =>
  discoverRefs(new Parrot(first, ...answers), 'git-upload-pack', { agent });
const codeOf = (code: string): unknown => expect.objectContaining({ code });

describe('the refs of a remote', () => {
  test('are read in the protocol that it answers in, not in the one that was asked for', async () => {
    const old = refsOf(`${oid} HEAD\0symref=HEAD:refs/heads/main object-format=sha256`, `${oid} refs/heads/main`);
    const expected = { refs: [{ name: 'refs/heads/main', oid }], head: 'refs/heads/main' };
    expect(await discovered(old)).toMatchObject({ ...expected, version: 0 });
    expect(await discovered(bytesOf('version 1', old))).toMatchObject({ ...expected, version: 1 });
    expect(await discovered(bytesOf('# service=git-upload-pack', flushPacket, old))).toMatchObject(expected);
    const listed = refsOf(`${oid} HEAD symref-target:refs/heads/main`, `${oid} refs/heads/main`);
    expect(await discovered(second, listed)).toMatchObject({ ...expected, version: 2 });
  });

  test('name where HEAD leads though nothing is there', async () => {
    expect(await discovered(second, refsOf('unborn HEAD symref-target:refs/heads/main'))).toMatchObject({
      refs: [],
      head: 'refs/heads/main',
    });
    const parrot = new Parrot(second, refsOf());
    await discoverRefs(parrot, 'git-upload-pack', { agent, prefixes: ['refs/heads/'] });
    expect(parrot.requests[0]).toContain('unborn');
    expect(parrot.requests[0]).toContain('ref-prefix refs/heads/');
  });

  test('are of SHA-256 objects, or are not read', async () => {
    const format = codeOf('AERGO_REMOTE_FORMAT');
    await expect(discovered(refsOf(`${'1'.repeat(40)} refs/heads/main\0ofs-delta`))).rejects.toThrow(format);
    await expect(discovered(bytesOf('version 2', 'fetch=shallow', flushPacket))).rejects.toThrow(format);
  });

  test('are not there when the remote says why not', async () => {
    const refused = expect.objectContaining({ code: 'AERGO_REMOTE_REFUSED', details: { reason: 'go away' } });
    await expect(discovered(bytesOf('ERR go away'))).rejects.toThrow(refused);
    await expect(discovered(second, bytesOf('ERR go away'))).rejects.toThrow(refused);
  });

  const first = `${oid} refs/heads/main\0object-format=sha256`;
  test.each<[string, Uint8Array[]]>([
    ['nothing', [new Uint8Array()]],
    ['a page of HTML', [Buffer.from('<html><body>hello</body></html>')]],
    ['no end', [bytesOf(first)]],
    ['a name that leads out', [refsOf(first, `${oid} ../../etc/passwd`)]],
    ['a name with a line end', [second, refsOf(`${oid} refs/heads/a\nb`)]],
    ['a name with an escape', [second, refsOf(`${oid} refs/heads/\x1b[31m`)]],
    ['an id that is none', [refsOf(first, 'xyz refs/heads/b')]],
    ['an id that is none, in protocol 2', [second, refsOf('xyz refs/heads/b')]],
    ['something peeled that is not there', [refsOf(first, `${oid} refs/tags/v1^{}`)]],
    ['a HEAD that leads to no ref', [second, refsOf(`${oid} HEAD symref-target:nowhere`)]],
    ['a delimiter', [second, bytesOf(delimiterPacket)]],
  ])('are refused with %s', async (_what, [answer = new Uint8Array(), ...answers]) => {
    await expect(discovered(answer, ...answers)).rejects.toThrow(codeOf('AERGO_PROTOCOL_INVALID'));
  });
});

describe('a fetch from a remote that says what it likes', () => {
  const pack = packOfEntries([whole('ab')]);
  const packed = (bytes: Uint8Array): Buffer => bytesOf('packfile', ...onBand(1, bytes), flushPacket);

  async function fetched(answers: Uint8Array[], wish: Partial<FetchWish> = {}): Promise<MemorySink> {
    const sink = new MemorySink();
    const parrot = new Parrot(second, refsOf(`${oid} refs/heads/main`), ...answers);
    const remote = await discoverRefs(parrot, 'git-upload-pack', { agent });
    await fetchPack(parrot, remote, { wants: [oid], tips: [], graph: new ObjectGraph(sink), sink, ...wish }, { agent });
    return sink;
  }

  test('takes a pack, and hears what is said beside it', async () => {
    expect((await fetched([packed(pack)])).objects.size).toBe(1);
    const said: string[] = [];
    const talking = bytesOf('packfile', ...onBand(2, Buffer.from('hello')), keepAlivePacket, packed(pack).subarray(13));
    const parrot = new Parrot(second, refsOf(`${oid} refs/heads/main`), talking);
    const remote = await discoverRefs(parrot, 'git-upload-pack', { agent });
    const sink = new MemorySink();
    const options = { agent, onProgress: (text: string) => void said.push(text) };
    await fetchPack(parrot, remote, { wants: [oid], tips: [], graph: new ObjectGraph(sink), sink }, options);
    expect(said).toEqual(['hello']);
    expect(parrot.requests[1]).not.toContain('no-progress');
  });

  test.each<[string, Uint8Array, string]>([
    ['an error', bytesOf('ERR go away'), 'AERGO_REMOTE_REFUSED'],
    ['an error beside the pack', bytesOf('packfile', ...onBand(3, Buffer.from('disk full'))), 'AERGO_REMOTE_REFUSED'],
    ['nothing', new Uint8Array(), 'AERGO_PROTOCOL_INVALID'],
    ['another section', bytesOf('packfile-uris', flushPacket), 'AERGO_PROTOCOL_INVALID'],
    ['a pack without an end', packed(pack).subarray(0, -4), 'AERGO_PROTOCOL_INVALID'],
    ['a pack that is damaged', packed(pack.subarray(0, -1)), 'AERGO_PACK_INVALID'],
    ['a boundary of anything', bytesOf('shallow-info', 'shallow xyz', delimiterPacket), 'AERGO_PROTOCOL_INVALID'],
    ['a boundary without an end', bytesOf('shallow-info', `shallow ${oid}`), 'AERGO_PROTOCOL_INVALID'],
  ])('ends with a coded error at %s', async (_what, answer, code) => {
    await expect(fetched([answer])).rejects.toThrow(codeOf(code));
  });

  test('asks for nothing that the remote does not offer', async () => {
    const filtered = fetched([packed(pack)], { filter: 'blob:none' });
    await expect(filtered).rejects.toThrow(codeOf('AERGO_PROTOCOL_INVALID'));
  });

  test('ends with a coded error or with its pack, whatever comes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(mutated(fc.constant(packed(pack))), fc.uint8Array()), async (answer) => {
        try {
          await fetched([answer]);
        } catch (error) {
          expect(error).toBeInstanceOf(AergoError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('a push to a remote that says what it likes', () => {
  const capable = (capabilities: string): Buffer =>
    refsOf(`${oid} refs/heads/main\0object-format=sha256 ${capabilities}`);
  const commands = [{ name: 'refs/heads/main', old: oid, new: null as Oid | null }];

  async function pushed(capabilities: string, answer: Uint8Array, wish = {}): Promise<unknown> {
    const parrot = new Parrot(capable(capabilities), answer);
    const remote = await discoverRefs(parrot, 'git-receive-pack', { agent });
    return sendPack(parrot, remote, { commands, pack: packOf(new MemorySink(), []), ...wish }, { agent });
  }

  test('reads its report with side bands and without', async () => {
    const report = bytesOf('unpack ok', 'ng refs/heads/main no', flushPacket);
    const expected = { refs: new Map([['refs/heads/main', 'no']]) };
    expect(await pushed('report-status delete-refs', report)).toEqual(expected);
    const banded = bytesOf(...onBand(1, report), ...onBand(2, Buffer.from('bye')), flushPacket);
    expect(await pushed('report-status-v2 delete-refs side-band-64k', banded)).toEqual(expected);
  });

  test.each<[string, string, object]>([
    ['atomic pushes', 'report-status delete-refs', { atomic: true }],
    ['push options', 'report-status delete-refs', { options: ['a'] }],
    ['deletes', 'report-status', {}],
    ['reports', 'delete-refs', {}],
  ])('sends nothing when the remote does not know %s', async (_what, capabilities, wish) => {
    const invalid = codeOf('AERGO_PROTOCOL_INVALID');
    await expect(pushed(capabilities, new Uint8Array(), wish)).rejects.toThrow(invalid);
  });

  test.each<[string, Uint8Array, string]>([
    ['an error', bytesOf('ERR go away'), 'AERGO_REMOTE_REFUSED'],
    ['nothing', new Uint8Array(), 'AERGO_PROTOCOL_INVALID'],
    ['no end', bytesOf('unpack ok'), 'AERGO_PROTOCOL_INVALID'],
    ['something else', bytesOf('hello', flushPacket), 'AERGO_PROTOCOL_INVALID'],
    ['a line of anything', bytesOf('unpack ok', 'hello', flushPacket), 'AERGO_PROTOCOL_INVALID'],
  ])('ends with a coded error at %s', async (_what, answer, code) => {
    await expect(pushed('report-status delete-refs', answer)).rejects.toThrow(codeOf(code));
  });
});

describe('work that is told of meanwhile', () => {
  const long_ms = 600_000;

  test('gives its texts in their order, and then its result', async () => {
    const told = toldMeanwhile(async (say) => {
      say('one');
      await new Promise((resolve) => setImmediate(resolve));
      say('two');
      say('three');
      return 4;
    }, long_ms);
    const texts: string[] = [];
    let step = await told.next();
    for (; step.done !== true; step = await told.next()) texts.push(step.value);
    expect([texts, step.value]).toEqual([['one', 'two', 'three'], 4]);
  });

  test('gives what was said before it failed, and then the failure', async () => {
    const failed = new Error('failed');
    const told = toldMeanwhile(async (say) => {
      say('one');
      throw failed;
    }, long_ms);
    expect(await told.next()).toEqual({ done: false, value: 'one' });
    await expect(told.next()).rejects.toBe(failed);
  });

  test('gives a sign of life as long as it says nothing', async () => {
    const { promise, resolve } = Promise.withResolvers<number>();
    const told = toldMeanwhile(() => promise, 1);
    expect([await told.next(), await told.next()]).toEqual(Array(2).fill({ done: false, value: '' }));
    resolve(4);
    let step = await told.next();
    while (step.done !== true) step = await told.next();
    expect(step.value).toBe(4);
  });

  test('tells it when nobody listens any more, and ends when it has ended', async () => {
    const events: string[] = [];
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>();
    const told = toldMeanwhile(async (say, gone) => {
      gone.addEventListener('abort', () => {
        events.push('gone');
        wake();
      });
      say('one');
      await woken;
      await new Promise((resolve) => setImmediate(resolve));
      events.push('worked');
      throw new Error('of no use to anybody');
    }, long_ms);
    expect(await told.next()).toEqual({ done: false, value: 'one' });
    await told.return(undefined as never);
    expect(events).toEqual(['gone', 'worked']);
  });
});
