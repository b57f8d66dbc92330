/** Stock Git pushes to our server. */
import { describe, expect, test } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import { objectId } from '../../src/object/object.ts';
import type { Oid } from '../../src/object/oid.ts';
import { flushPacket, linePacket, packet } from '../../src/wire/pkt-line.ts';
import { readReport } from '../../src/wire/push-report.ts';
import { type PushTarget, receivePack } from '../../src/wire/receive-pack.ts';
import { keepAlivePacket } from '../../src/wire/side-band.ts';
import { GitDirectory } from './git.ts';
import { serve, type TestServer } from './http-server.ts';
import { packOfEntries, whole } from './packs.ts';
import { MemoryTarget } from './push-target.ts';
import { gathered, pieces, readerOf } from './streams.ts';

interface Pushing {
  readonly server: TestServer;
  readonly target: MemoryTarget;
  readonly work: GitDirectory;
}

/** An empty server, and a work tree with three commits whose remote it is. */
async function pushing(version = '2'): Promise<Pushing> {
  const target = new MemoryTarget();
  const server = await serve(target);
  server.target = target;
  const work = await GitDirectory.init();
  work.settings.push(`protocol.version=${version}`);
  await work.git('remote', 'add', 'origin', server.url);
  await work.commits(['c0', 'c1', 'c2'].map((message) => ({ message, files: { file: message, [message]: 'x' } })));
  return { server, target, work };
}

const refOf = (target: MemoryTarget, name: string): Oid | undefined =>
  target.refs.find((ref) => ref.name === name)?.oid;

describe.each(['0', '1', '2'])('a push from stock Git that speaks protocol %s', (version) => {
  test('makes, moves and deletes refs, and brings the objects', async () => {
    const { server, target, work } = await pushing(version);
    await work.git('push', '--quiet', 'origin', 'main~1:refs/heads/main', 'main~2:refs/heads/old');
    expect(refOf(target, 'refs/heads/main')).toBe(await work.oid('main~1'));
    expect(target.pushes[0]?.unpacked?.objects).toBe(7);
    await work.git('tag', '-a', '-m', 'one', 'v1');
    await work.git('push', '--quiet', 'origin', 'main', 'v1', ':old');
    expect(refOf(target, 'refs/heads/main')).toBe(await work.oid('main'));
    expect(refOf(target, 'refs/tags/v1')).toBe(await work.oid('v1'));
    expect(refOf(target, 'refs/heads/old')).toBeUndefined();
    expect(target.pushes[1]?.unpacked?.objects).toBe(4);
    expect(target.closed).toBe(2);
    expect(server.faults).toEqual([]);
    const copy = new GitDirectory();
    await copy.git('clone', '--quiet', server.url, '.');
    expect(await copy.git('fsck', '--strict')).toBe('');
    expect(await copy.oid('HEAD')).toBe(await work.oid('main'));
  });

  test('that only deletes brings no pack', async () => {
    const { target, work } = await pushing(version);
    await work.git('push', '--quiet', 'origin', 'main', 'main:other');
    await work.git('push', '--quiet', 'origin', '--delete', 'other');
    expect(target.pushes[1]?.unpacked).toBeUndefined();
    expect(target.refs.map(({ name }) => name)).toEqual(['refs/heads/main']);
  });

  test('hears why a ref was refused, while the others move', async () => {
    const { target, work } = await pushing(version);
    target.refuse = ({ name }) => (name === 'refs/heads/bad' ? 'ada may not write\nthis branch' : undefined);
    const { code, stderr } = await work.try('push', 'origin', 'main', 'main:bad');
    expect(code).toBe(1);
    expect(stderr).toContain('! [remote rejected] main -> bad (ada may not write this branch)');
    expect(target.refs.map(({ name }) => name)).toEqual(['refs/heads/main']);
  });

  test('moves all refs or none when it is atomic', async () => {
    const { target, work } = await pushing(version);
    target.refuse = ({ name }) => (name === 'refs/heads/bad' ? 'no' : undefined);
    const { code, stderr } = await work.try('push', '--atomic', 'origin', 'main', 'main:bad');
    expect(code).toBe(1);
    expect(stderr).toContain('main -> main (another ref was refused)');
    expect(target.refs).toEqual([]);
    target.refuse = () => undefined;
    await work.git('push', '--quiet', '--atomic', 'origin', 'main', 'main:bad');
    expect(target.refs).toHaveLength(2);
  });

  test('that does not go forward is refused by itself, and by the server when it is forced', async () => {
    const { target, work } = await pushing(version);
    await work.git('push', '--quiet', 'origin', 'main');
    const moved = refOf(target, 'refs/heads/main');
    await work.git('update-ref', 'refs/heads/main', 'main~1');
    await work.commit('other');
    expect((await work.try('push', 'origin', 'main')).stderr).toMatch(/rejected\] .*(non-fast-forward|fetch first)/);
    const forced = await work.try('push', '--force', 'origin', 'main');
    expect(forced.stderr).toContain('(it does not go forward)');
    expect(refOf(target, 'refs/heads/main')).toBe(moved);
  });

  test('gives its options', async () => {
    const { target, work } = await pushing(version);
    await work.git('push', '--quiet', '--push-option=a b', '--push-option="é"', 'origin', 'main');
    expect(target.pushes[0]?.request.options).toEqual(['a b', '"é"']);
    await work.git('push', '--quiet', 'origin', 'main:plain');
    expect(target.pushes[1]?.request.options).toEqual([]);
  });

  test('hears what is being done, unless it is quiet', async () => {
    const { target, work } = await pushing(version);
    target.say = ['Verifying 3 blocks', 'Running them again'];
    const { stderr } = await work.try('push', '--progress', 'origin', 'main');
    expect(stderr).toMatch(/remote: Verifying 3 blocks *\nremote: Running them again/);
    const quiet = await work.try('push', '--quiet', 'origin', 'main:other');
    expect(quiet.stderr).toBe('');
  });

  test('brings a thin pack with deltas', async () => {
    const { target, work } = await pushing(version);
    const text = Array.from({ length: 500 }, (_, at) => `line ${at} of a long file`);
    await work.commit('long', { long: text.join('\n') });
    await work.git('push', '--quiet', 'origin', 'main');
    await work.commit('changed', { long: [...text.slice(0, 250), 'changed', ...text.slice(250)].join('\n') });
    await work.git('push', '--quiet', 'origin', 'main');
    expect(target.pushes[1]?.unpacked?.objects).toBe(3);
    // The changed file whole takes some 2 KB: what came were deltas.
    expect(target.pushes[1]?.unpacked?.bytes).toBeLessThan(900);
    expect(refOf(target, 'refs/heads/main')).toBe(await work.oid('main'));
  });

  test('in pieces, after a look whether it gets through', async () => {
    const { server, target, work } = await pushing(version);
    work.settings.push('http.postBuffer=1000', 'core.compression=0');
    await work.commit('large', { large: 'x'.repeat(200_000) });
    await work.git('push', '--quiet', 'origin', 'main');
    expect(refOf(target, 'refs/heads/main')).toBe(await work.oid('main'));
    const posts = server.requests.filter(({ line }) => line === 'POST /git-receive-pack');
    expect(posts.map(({ sent_bytes }) => sent_bytes > 0)).toEqual([false, true]);
  });

  test('hears that the pack was over a limit, and the server takes the next one', async () => {
    const { server, target, work } = await pushing(version);
    const limited: PushTarget = {
      get refs() {
        return target.refs;
      },
      limits: { object_bytes: 1000 },
      begin: (request) => target.begin(request),
    };
    server.target = limited;
    const before = await work.oid('main');
    await work.commit('large', { large: 'x'.repeat(2000) });
    const { code, stderr } = await work.try('push', 'origin', 'main');
    expect(code).toBe(1);
    expect(stderr).toContain('remote unpack failed: an object has 2000 bytes, over the limit of 1000');
    expect(target.refs).toEqual([]);
    expect(target.closed).toBe(1);
    await work.git('push', '--quiet', 'origin', `${before}:refs/heads/main`);
    expect(target.refs).toHaveLength(1);
  });
});

test('a push from a shallow clone brings what is new, and says where its history ends', async () => {
  const { server, target, work } = await pushing();
  await work.git('push', '--quiet', 'origin', 'main');
  const copy = new GitDirectory();
  await copy.git('clone', '--quiet', '--depth=1', server.url, '.');
  await copy.git('symbolic-ref', 'HEAD', 'refs/heads/main');
  await copy.commit('on top', { top: 'new' });
  await copy.git('push', '--quiet', 'origin', 'main');
  expect(refOf(target, 'refs/heads/main')).toBe(await copy.oid('main'));
  expect(target.pushes[1]?.request.shallow).toEqual([await work.oid('main')]);
  expect(target.pushes[1]?.unpacked?.objects).toBe(3);
});

describe('a push as it may come from anybody', () => {
  const oid = objectId('blob', Buffer.from('ab'));
  const none = '0'.repeat(64);
  const pack = packOfEntries([whole('ab')]);
  const command = (line: string, capabilities = 'report-status'): Uint8Array =>
    packet(Buffer.from(`${line}\0${capabilities}`));

  async function answerTo(...parts: Uint8Array[]): Promise<{ text: string; faults: unknown[]; target: MemoryTarget }> {
    const faults: unknown[] = [];
    const target = new MemoryTarget();
    const onFault = (error: unknown) => void faults.push(error);
    const answer = receivePack(target, pieces(Buffer.concat(parts), 100), { agent: 'aergo/test', onFault });
    return { text: (await gathered(answer)).toString('latin1'), faults, target };
  }

  test('of a single ref is reported', async () => {
    const { text, faults } = await answerTo(command(`${none} ${oid} refs/heads/main`), flushPacket, pack);
    expect(await readReport(readerOf(text))).toEqual({ refs: new Map([['refs/heads/main', undefined]]) });
    expect(faults).toEqual([]);
  });

  test('that says nothing gets no answer', async () => {
    expect((await answerTo(flushPacket)).text).toBe('');
    expect((await answerTo()).text).toBe('');
  });

  const many = Array.from({ length: 1001 }, (_, at) => linePacket(`${none} ${oid} refs/heads/b${at}`));
  const create = `${none} ${oid} refs/heads/main`;
  const protocol: [string, Uint8Array[]][] = [
    ['over 1,000 commands', [...many, flushPacket, pack]],
    ['a ref twice', [command(create), linePacket(create), flushPacket, pack]],
    ['a ref that is no full name', [command(`${none} ${oid} main`), flushPacket, pack]],
    ['nothing to do', [command(`${none} ${none} refs/heads/main`), flushPacket]],
    ['ids of SHA-1', [command(`${'0'.repeat(40)} ${'1'.repeat(40)} refs/heads/main`), flushPacket, pack]],
    ['a line of anything', [command('hello'), flushPacket]],
    ['a signed push', [command('push-cert'), flushPacket]],
    ['a shallow line of anything', [linePacket('shallow x'), flushPacket]],
    ['no end of the commands', [command(create)]],
    ['a delimiter for an end', [command(create), Buffer.from('0001')]],
    ['a length of 3', [Buffer.from('0003')]],
    ['a length that is no number', [Buffer.from('zzzz')]],
    ['over 100 options', [command(create, 'push-options'), flushPacket, ...Array(101).fill(packet(Buffer.from('o')))]],
  ];
  test.each(protocol)('is answered with an error when it has %s', async (_what, parts) => {
    const { text, faults, target } = await answerTo(...parts);
    expect(text).toMatch(/^[0-9a-f]{4}ERR /);
    expect(faults).toEqual([expect.objectContaining({ code: 'AERGO_PROTOCOL_INVALID' })]);
    expect(target.pushes).toEqual([]);
  });

  const unpackable: [string, Uint8Array][] = [
    ['none', new Uint8Array()],
    ['one with a false trailer', Buffer.concat([pack.subarray(0, -1), Uint8Array.of(1)])],
    ['one that counts wrongly', packOfEntries([whole('ab')], 2)],
    ['one with an object twice', packOfEntries([whole('ab'), whole('ab')])],
    ['one with bytes behind it', Buffer.concat([pack, Buffer.from('more')])],
  ];
  test.each(unpackable)('is reported as not unpacked when its pack is %s', async (_what, bad) => {
    const { text, faults, target } = await answerTo(command(create), flushPacket, bad);
    const report = await readReport(readerOf(text));
    expect(report.unpackFault).toBeDefined();
    expect(report.refs.get('refs/heads/main')).toBe('the pack was not taken');
    expect(faults).toEqual([expect.objectContaining({ code: 'AERGO_PACK_INVALID' })]);
    expect([target.pushes, target.refs, target.closed]).toEqual([[], [], 1]);
  });

  test('is not taken in any more when the pusher goes away while it waits for room', async () => {
    const { promise: room, resolve: makeRoom } = Promise.withResolvers<void>();
    const faults: unknown[] = [];
    const target = new MemoryTarget();
    const waiting: PushTarget = {
      refs: [],
      whenRoom: (takeIn) => room.then(takeIn),
      begin: (request) => target.begin(request),
    };
    const request = pieces(Buffer.concat([command(create, 'side-band-64k'), flushPacket, pack]));
    const answer = receivePack(waiting, request, { agent: 'a/1', onFault: (error) => void faults.push(error) });
    // The sign of life that comes while it waits.
    expect((await answer.next()).value).toEqual(keepAlivePacket);
    const ended = answer.return();
    await new Promise((resolve) => setImmediate(resolve));
    makeRoom();
    await ended;
    expect([target.pushes, target.closed]).toEqual([[], 1]);
    expect(faults).toEqual([expect.objectContaining({ code: 'AERGO_PACK_INVALID' })]);
  });

  test('is done when it is its turn, from its beginning to its end', async () => {
    const target = new MemoryTarget();
    const events: string[] = [];
    let last: Promise<unknown> = Promise.resolve();
    const oneByOne: PushTarget = {
      refs: [],
      inTurn: (push) => {
        const done = last.then(push);
        last = done;
        return done;
      },
      begin: (request) => {
        events.push('begun');
        const under = target.begin(request);
        return { ...under, close: () => void events.push('closed') };
      },
    };
    const request = Buffer.concat([command(create), flushPacket, pack]);
    const push = () => gathered(receivePack(oneByOne, pieces(request), { agent: 'a/1' }));
    const reports = await Promise.all([push(), push()]);
    expect(reports.map((report) => report.includes('ok refs/heads/main'))).toEqual([true, false]);
    expect(events).toEqual(['begun', 'closed', 'begun', 'closed']);
  });

  test('does not hear what went wrong inside the server', async () => {
    const faults: unknown[] = [];
    const failed = new AergoError('AERGO_STORE_IO', 'the disk /secret/place failed');
    const target: PushTarget = {
      refs: [],
      begin: () => {
        throw failed;
      },
    };
    const request = pieces(Buffer.concat([command(create, 'report-status side-band-64k'), flushPacket, pack]));
    const answer = receivePack(target, request, { agent: 'a/1', onFault: (error) => void faults.push(error) });
    const text = (await gathered(answer)).toString('latin1');
    expect(text).toContain('ng refs/heads/main the server failed');
    expect(text).not.toContain('secret');
    expect(faults).toEqual([failed]);
  });
});
