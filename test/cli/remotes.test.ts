/** Remotes as whole processes: a served ledger, three people who work on it, and what each of them sees. */
import { mkdirSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { bank } from './bank.ts';
import { remoteCommands } from './schemas.ts';
import { type Served, serve } from './served.ts';
import { type JsonRun, type Run, World } from './world.ts';

const world = new World();
const seen = new Set<string>(['serve']);
const ids: Record<string, string> = {};
let server: Served;

/** One of the people, each with a key of the name and a clone of the shop in a folder of that name. */
const as = (who: string, cwd = join(world.directory, who)) => ({ cwd, env: { AERGO_KEY: who } });

async function json(who: string, line: string, cwd?: string): Promise<JsonRun> {
  const run = await world.json(line.split(' '), as(who, cwd));
  seen.add(String(run.value.schema).replace(/^aergo\.(.+)\/1$/, '$1'));
  return run;
}

/** What is printed for people, ids and addresses left out. */
async function shown(who: string, line: string, cwd?: string): Promise<Run> {
  const run = await world.aergo(line.split(' '), as(who, cwd));
  const plain = (text: string) =>
    text
      .replaceAll(server.origin, '<server>')
      .replaceAll(world.directory, '<world>')
      .replace(/\b[0-9a-f]{7,64}\b/g, '<id>')
      .replace(/^remote: .*\n/gm, '');
  return { ...run, stdout: plain(run.stdout), stderr: plain(run.stderr) };
}

const url = (name: string) => `${server.origin}/${name}`;
const failsWith = (exit: number, code: string) => ({ code: exit, value: { ok: false, error: { code } } });

/** A ledger of ada's in the served root. */
async function makeServed(name: string, ...flags: string[]): Promise<void> {
  await json('ada', `init ${name} ${flags.join(' ')}`.trim(), world.directory);
  const home = join(world.directory, name);
  await json('ada', 'contract deploy ../bank.sql', home);
  await json('ada', 'call bank.open_account alice 100', home);
  await json('ada', `member add node ${ids.node} --role publish`, home);
  await json('ada', `member add bob ${ids.bob} --role write --role seal`, home);
  await json('ada', `member add eve ${ids.eve} --role read`, home);
  await json('ada', `clone --bare ${name} root/${name}.aergo`, world.directory);
}

beforeAll(async () => {
  world.file('bank.sql', bank);
  mkdirSync(join(world.directory, 'root'));
  for (const name of ['ada', 'bob', 'eve', 'mallory', 'node']) {
    ids[name] = String((await json('', `key generate ${name}`, world.directory)).value.id);
  }
  await makeServed('shop');
  await makeServed('vault', '--private');
  server = await serve(world, 'root', 'node');
}, 300_000);
afterAll(async () => {
  await server.stop();
  world[Symbol.dispose]();
});

test('a clone says where it is, and is verified before it is there', { timeout: 120_000 }, async () => {
  const cloned = await json('ada', `clone ${url('shop')} ada`, world.directory);
  expect(cloned.value).toMatchObject({ url: url('shop'), branch: 'main', height: 2, blocks: 3, fast: false });
  expect((await json('ada', 'remote list')).value.remotes).toEqual([{ name: 'origin', url: url('shop') }]);
  expect(await json('ada', `clone ${url('shop')} ada`, world.directory)).toMatchObject(
    failsWith(2, 'AERGO_CLONE_EXISTS'),
  );
  const told = await shown('bob', `clone ${url('shop.aergo')} bob --fast`, world.directory);
  expect(told.stdout).toBe(
    'cloned <server>/shop.aergo into bob: main at block 2 <id>\n3 blocks, 1 branch, 0 snapshots; signatures and structure agree (not run again: aergo verify)\n',
  );
  expect((await json('bob', 'verify')).code).toBe(0);
});

test('who may not is told so, and what is wrong with an address is said', { timeout: 120_000 }, async () => {
  expect(await json('eve', `clone ${url('shop')} eve`, world.directory)).toMatchObject({ code: 0 });
  expect(await json('eve', 'push')).toMatchObject(failsWith(4, 'AERGO_REMOTE_LOGIN'));
  expect(await json('eve', 'call bank.open_account eve 1')).toMatchObject(failsWith(4, 'AERGO_SEALER_NOT_ALLOWED'));
  expect(await json('mallory', `clone ${url('vault')} none`, world.directory)).toMatchObject(
    failsWith(4, 'AERGO_REMOTE_MISSING'),
  );
  expect(await json('mallory', `clone ${url('nothing')} none`, world.directory)).toMatchObject(
    failsWith(4, 'AERGO_REMOTE_MISSING'),
  );
  expect(await json('eve', 'fetch upstream')).toMatchObject(failsWith(2, 'AERGO_REMOTE_UNKNOWN'));
  expect(await json('eve', 'remote add origin elsewhere')).toMatchObject(failsWith(2, 'AERGO_REMOTE_EXISTS'));
  expect(await json('eve', 'remote add one http://me:secret@example.org/x')).toMatchObject(
    failsWith(2, 'AERGO_URL_INVALID'),
  );
  expect((await json('eve', 'remote add dead http://127.0.0.1:1/shop')).value.remote).toMatchObject({ name: 'dead' });
  expect(await json('eve', 'fetch dead')).toMatchObject(failsWith(75, 'AERGO_REMOTE_FAILED'));
  expect((await json('eve', 'remote remove dead')).value.remote).toMatchObject({ name: 'dead' });
  expect(await json('eve', 'push origin +main')).toMatchObject(failsWith(2, 'AERGO_USAGE'));
  expect(readdirSync(world.directory)).not.toContain('none');
});

test('one pushes, the other is told, pulls, and pushes what still fits', { timeout: 180_000 }, async () => {
  expect((await shown('ada', 'status')).stdout).toBe('on main at block 2 <id>\norigin/main is the same\n');
  await json('ada', 'call bank.open_account carol 1');
  expect((await shown('ada', 'status')).stdout).toBe(
    'on main at block 3 <id>\norigin/main at block 2 <id>, 1 block behind\n',
  );
  await json('bob', 'call bank.open_account carol 2');
  await json('bob', 'call bank.open_account dave 3');
  expect((await shown('ada', 'push')).stdout).toBe('origin: 1 block sent\n  main   <id> → <id>\n');
  expect((await shown('ada', 'push')).stdout).toBe('origin: already up to date\n');
  const late = await shown('bob', 'push');
  expect(late).toMatchObject({ code: 75, stdout: '' });
  expect(late.stderr).toMatch(
    /^error: main moved on origin: it has 1 block that you do not have {3}AERGO_PUSH_MOVED\n/,
  );
  expect(late.stderr).toContain('hint: aergo pull');
  expect((await json('bob', 'status')).value.remotes).toMatchObject([{ remote: 'origin', block: { height: 3 } }]);
  const pulled = await json('bob', 'pull');
  expect(pulled.value).toMatchObject({
    kind: 'rerun',
    reran: { from: 2, to: 1 },
    left: [{ content: { args: ['carol', '2'] }, code: 'AERGO_CONSTRAINT' }],
    fetched: { remote: 'origin' },
  });
  const [left] = pulled.value.left as { transaction: string }[];
  expect(await json('bob', `resubmit ${left?.transaction}`)).toMatchObject(failsWith(5, 'AERGO_CONSTRAINT'));
  expect((await json('bob', 'push')).value.refs).toMatchObject([{ target: 'main' }]);
  expect((await shown('ada', 'fetch')).stdout).toMatch(
    /^origin: 1 new block\n {2}origin\/main {3}<id> → <id>, block 4\n {2}directory {3}version \d+ → \d+\n$/,
  );
  expect((await shown('ada', 'pull')).stdout).toBe('origin: already up to date\nmain at block 4 <id>: moved forward\n');
  expect((await json('ada', 'get bank.accounts dave')).value.row).toEqual({ owner: 'dave', balance: '3.00' });
});

test('what a pull left out is resubmitted when there is room for it', { timeout: 180_000 }, async () => {
  await json('ada', 'call bank.transfer alice carol 90');
  await json('ada', 'push');
  await json('bob', 'call --expires +1h bank.transfer alice dave 60');
  const { left } = (await json('bob', 'pull')).value;
  const [{ transaction }] = left as [{ transaction: string }];
  const ended = await shown('bob', `resubmit ${transaction}`);
  expect(ended).toMatchObject({ code: 5, stderr: expect.stringContaining('Not enough balance') });
  await json('bob', 'call bank.transfer carol alice 80');
  expect((await json('bob', `resubmit ${transaction}`)).value.resubmitted).toMatchObject([
    { of: transaction, transaction, signedAnew: false },
  ]);
  expect((await json('bob', 'push')).value).toMatchObject({ blocks: 2 });
  expect((await json('ada', 'pull')).value.kind).toBe('forward');
  expect(await json('bob', `resubmit ${transaction}`)).toMatchObject(failsWith(5, 'AERGO_TRANSACTION_REPEATED'));
});

test('branches and snapshots go and come; a branch takes its own blocks only', { timeout: 180_000 }, async () => {
  await json('ada', 'switch -c trial');
  await json('ada', 'call bank.open_account emil 1');
  await json('ada', 'snapshot v1');
  expect((await json('ada', 'push origin trial tags/v1')).value.refs).toMatchObject([
    { target: 'trial', old: null },
    { target: 'tags/v1', old: null },
  ]);
  const other = await json('ada', 'push origin trial:main --disclose');
  expect(other).toMatchObject(failsWith(5, 'AERGO_PUSH_REFUSED'));
  expect((await json('bob', 'fetch')).value).toMatchObject({
    branches: [{ branch: 'trial', old: null }],
    snapshots: ['v1'],
  });
  expect((await json('bob', 'show origin/trial')).value).toMatchObject({ kind: 'block' });
  expect((await json('bob', 'branch -r')).value).toMatchObject({
    branches: [],
    remotes: [{ name: 'origin/main' }, { name: 'origin/trial' }],
  });
  expect((await shown('bob', 'branch -a')).stdout).toMatch(
    /^\* main +block .*\n {2}origin\/main .*\n {2}origin\/trial .*\n$/,
  );
  expect((await shown('bob', 'log --all -n 1')).stdout).toMatch(/ on trial /);
  expect(await json('bob', 'log --all main')).toMatchObject(failsWith(2, 'AERGO_USAGE'));
  const merged = await shown('bob', 'merge origin/trial');
  expect(merged.stderr).toContain('hint: aergo branch trial origin/trial');
  expect((await shown('bob', 'switch trial')).stdout).toMatch(
    /^on trial, a new branch at block \d+ <id> {3}from origin\/trial\n$/,
  );
  expect((await json('bob', 'switch main')).value.created).toBe(false);
  expect((await json('ada', 'push --delete origin trial')).value.refs).toMatchObject([{ target: 'trial', new: null }]);
  expect((await json('bob', 'fetch')).value.branches).toEqual([]);
  expect((await json('bob', 'fetch --prune')).value.branches).toMatchObject([{ branch: 'trial', new: null }]);
});

test('blocks of other branches are not shown to everybody unasked', { timeout: 180_000 }, async () => {
  await json('ada', 'switch main');
  await json('ada', 'switch -c quiet');
  await json('ada', 'call bank.open_account fritz 1');
  await json('ada', 'call bank.open_account gerd 1');
  await json('ada', 'switch main');
  await json('ada', 'merge quiet');
  const unasked = await shown('ada', 'push');
  expect(unasked).toMatchObject({ code: 2, stdout: '' });
  expect(unasked.stderr).toContain(
    'error: blocks of other branches would become readable for everybody: 2 of quiet   AERGO_PUSH_DISCLOSES',
  );
  expect((await json('ada', 'push --disclose')).value).toMatchObject({ blocks: 3, refs: [{ target: 'main' }] });
});

test('a private place beside a public one: members read there, and its branches are their own', {
  timeout: 180_000,
}, async () => {
  await json('ada', `clone --bare ${url('shop')} root/side.aergo`, world.directory);
  const anonymous = () =>
    world.run('git', ['ls-remote', url('side')], { env: { GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1' } });
  expect((await anonymous()).code).toBe(0);
  await world.json(['-C', 'root/side.aergo', 'config', 'set', 'serve.visibility', 'private'], { cwd: world.directory });
  expect((await anonymous()).code).toBe(128);
  expect(await json('mallory', `clone ${url('side')} none`, world.directory)).toMatchObject(
    failsWith(4, 'AERGO_REMOTE_MISSING'),
  );
  await json('ada', `remote add side ${url('side')}`);
  await json('ada', 'branch hidden');
  await json('ada', 'call --on hidden bank.open_account hans 1');
  await json('ada', 'branch shown hidden');
  await json('ada', 'call --on shown bank.open_account ilse 1');
  // Blocks of `hidden` come along: there only members see them, on the server everybody would.
  expect((await json('ada', 'push side shown')).value).toMatchObject({ blocks: 2, refs: [{ target: 'shown' }] });
  expect(await json('ada', 'push origin shown')).toMatchObject(failsWith(2, 'AERGO_PUSH_DISCLOSES'));
  expect((await json('bob', `clone ${url('side')} bob3 --branch shown`, world.directory)).value.branch).toBe('shown');
});

test('members that are added in a clone come to the server with the next push', { timeout: 180_000 }, async () => {
  await json('ada', `member add mallory ${ids.mallory} --role write --role seal`);
  expect((await json('ada', 'push')).value).toMatchObject({ refs: [], directory: { version: expect.any(Number) } });
  await json('bob', 'pull');
  expect((await json('bob', 'member list')).value.members).toContainEqual(expect.objectContaining({ name: 'mallory' }));
});

test('stock Git reads what is private with a token, and with nothing else', { timeout: 120_000 }, async () => {
  const git = (...words: string[]) =>
    world.run('git', words, {
      env: { GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    });
  expect((await git('clone', '-q', url('vault'), 'stranger')).code).toBe(128);
  const { token } = (await json('eve', `token --repo ${url('vault')} --for 10m`)).value;
  const header = `http.extraHeader=Authorization: Bearer ${token}`;
  expect(await git('-c', header, 'clone', '-q', url('vault'), 'reader')).toMatchObject({ code: 0 });
  expect((await git('-c', header, 'clone', '-q', url('shop'), 'elsewhere')).code).toBe(128);
  expect(await json('eve', `token --repo ${url('vault')} --for 31d`)).toMatchObject({ code: 2 });
});

test('a plain Git repository is a remote too: whoever pushes publishes there', { timeout: 180_000 }, async () => {
  await world.run('git', ['init', '-q', '--bare', '--object-format=sha256', 'plain.git']);
  await json('ada', 'remote add mirror ../plain.git');
  expect((await json('ada', 'push mirror')).value.refs).toContainEqual(expect.objectContaining({ target: 'main' }));
  await json('ada', 'call bank.open_account heidi 1');
  await json('ada', 'push');
  // Behind the server, which is no rollback.
  expect((await json('ada', 'fetch mirror')).code).toBe(0);
  expect((await json('ada', 'push mirror')).value.refs).toMatchObject([{ target: 'main' }]);
  expect((await json('bob', 'clone plain.git bob2', world.directory)).value).toMatchObject({
    branch: 'main',
    fast: false,
  });
  await json('bob', 'remote add mirror ../plain.git');
  await json('bob', 'pull mirror');
  await json('bob', 'call bank.open_account ines 1');
  expect(await json('bob', 'push mirror')).toMatchObject(failsWith(4, 'AERGO_DIRECTORY_NOT_ALLOWED'));
});

test('with a home the directory is written there, and a mirror is told what it does not get', {
  timeout: 180_000,
}, async () => {
  await json('ada', `policy set --home ${url('shop')}`);
  await json('ada', 'push');
  expect((await json('ada', 'push mirror')).code).toBe(0);
  await json('ada', 'call bank.open_account ida 1');
  await json('ada', `member add bob ${ids.bob} --role write`);
  const pushed = await shown('ada', 'push mirror');
  expect(pushed.stdout).toMatch(
    /^mirror: 1 block sent\n {2}main {3}<id> → <id>\n {2}directory {3}version \d+ was left out: it goes to its home first, <server>\/shop\n$/,
  );
  const refused = await shown('ada', 'push mirror');
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toMatch(
    /^error: version \d+ of the directory goes to its home first, <server>\/shop, and mirror is a mirror {3}AERGO_PUSH_HOME\n {2}hint: aergo push origin\n$/,
  );
  await json('ada', 'push');
  expect((await json('ada', 'push mirror')).value).toMatchObject({ directory: { version: expect.any(Number) } });
});

test('a transfer that is cut off leaves nothing, and the next one does it all', { timeout: 180_000 }, async () => {
  const target = join(world.directory, 'ada');
  const stalled = Promise.withResolvers<void>();
  let cuts = true;
  // Stands before the server, and cuts every pack in the middle; later it waits there for ever.
  const proxy = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const { host: _, connection: __, ...headers } = request.headers as Record<string, string>;
    const answer = await fetch(`${server.origin}${request.url}`, {
      method: request.method ?? 'GET',
      headers,
      ...(body.length === 0 ? {} : { body }),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    if (!bytes.includes('PACK')) return void response.end(bytes);
    response.write(bytes.subarray(0, bytes.length / 2));
    if (cuts) response.destroy();
    else stalled.resolve();
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    proxy.closeAllConnections();
    proxy.close();
  });
  const way = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/shop`;
  await json('mallory', `clone ${url('shop')} mallory`, world.directory);
  await json('mallory', `remote add cut ${way}`);
  await json('ada', 'call bank.open_account karl 1', target);
  await json('ada', 'push', target);
  const before = await shown('mallory', 'directory show');
  expect(await json('mallory', 'fetch cut')).toMatchObject({ code: 75 });
  expect(await shown('mallory', 'directory show')).toEqual(before);
  expect((await json('mallory', 'fsck')).code).toBe(0);
  expect((await json('mallory', 'fetch')).value).toMatchObject({ blocks: 1 });
  cuts = false;
  const files = readdirSync(world.directory).sort();
  const interrupted = await world.interrupted(['clone', way, 'half'], stalled.promise, as('mallory', world.directory));
  expect(interrupted).toBe(130);
  expect(readdirSync(world.directory).sort()).toEqual(files);
});

test('the server ends at an interrupt, when what is under way has ended', { timeout: 60_000 }, async () => {
  await json('ada', 'clone --bare root/shop.aergo alone/shop.aergo', world.directory);
  const alone = await serve(world, 'alone', 'node', ['--read-only']);
  expect(await alone.stop('SIGINT')).toEqual({ code: 0, log: '' });
});

test('every command about remotes was held against its schema here', () => {
  expect([...seen].filter((name) => remoteCommands.includes(name)).sort()).toEqual(
    remoteCommands.filter((name) => name !== 'credential').sort(),
  );
});
