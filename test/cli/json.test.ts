import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bank } from './bank.ts';
import { remoteCommands, schemaNames } from './schemas.ts';
import { type JsonRun, type RunOptions, World } from './world.ts';

// One ledger, one command after the other: each output is held against its schema by `World.json`.
const world = new World();
const seen = new Set<string>();
let callOfAlice = '';

async function json(line: string, options: RunOptions = {}): Promise<JsonRun> {
  const run = await world.json(line.split(' '), options);
  seen.add(String(run.value.schema).replace(/^aergo\.(.+)\/1$/, '$1'));
  return run;
}

beforeAll(async () => {
  world.file('bank.sql', bank);
  expect((await json('init shop')).value).toMatchObject({
    ok: true,
    name: 'shop',
    branch: 'main',
    keyMade: true,
    block: { height: 0 },
  });
  world.cwd = join(world.directory, 'shop');
  const deployed = await json('contract deploy ../bank.sql');
  expect(deployed.value).toMatchObject({
    status: 'applied',
    block: { height: 1 },
    contract: { name: 'bank', tables: ['accounts'] },
  });
  const opened = await json('call bank.open_account alice 100');
  expect(opened.value).toMatchObject({
    status: 'applied',
    result: 'OK',
    writes: [['bank.accounts', 'alice-']],
    block: { height: 2 },
  });
  callOfAlice = String(opened.value.transaction);
}, 120_000);
afterAll(() => world[Symbol.dispose]());

test('reading commands', { timeout: 120_000 }, async () => {
  expect((await json('status')).value).toMatchObject({ branch: 'main', branches: 1, snapshots: 0 });
  expect((await json('get bank.accounts alice')).value.row).toEqual({ owner: 'alice', balance: '100.00' });
  expect(await json('get bank.accounts nobody')).toMatchObject({
    code: 1,
    value: { error: { code: 'AERGO_ROW_MISSING' } },
  });
  expect((await json('log')).value.blocks).toMatchObject([
    { height: 2 },
    { height: 1 },
    { height: 0, kind: 'genesis' },
  ]);
  expect((await json('log -n 1')).value.blocks).toHaveLength(1);
  expect((await json('log bank.accounts')).value.blocks).toMatchObject([{ height: 2 }, { height: 1 }]);
  expect((await json('log bank.accounts alice')).value).toMatchObject({
    blocks: [{ height: 2 }],
    changes: [{ key: ['alice'], after: { balance: '100.00' }, transactions: [{ transaction: callOfAlice }] }],
  });
  expect(await json('log --graph bank.accounts alice')).toMatchObject({
    code: 2,
    value: { error: { code: 'AERGO_USAGE' } },
  });
  expect((await json('blame bank.accounts alice')).value.rows).toMatchObject([
    {
      key: ['alice'],
      columns: [{ column: 'owner' }, { column: 'balance', origin: { transactions: [{ transaction: callOfAlice }] } }],
    },
  ]);
  expect((await json(`tx ${callOfAlice.slice(0, 8)}`)).value).toMatchObject({
    id: callOfAlice,
    transaction: { function: 'open_account' },
  });
  expect((await json(`receipt ${callOfAlice}`)).value.receipts).toMatchObject([{ receipt: { status: 'applied' } }]);
  expect((await json('show @')).value).toMatchObject({ kind: 'block', transactions: [{ id: callOfAlice }] });
  expect((await json(`show ${callOfAlice}`)).value).toMatchObject({ kind: 'transaction' });
  expect((await json('contract list')).value.contracts).toMatchObject([{ name: 'bank' }]);
  expect((await json('contract show bank')).value.contract).toMatchObject({ name: 'bank', text: bank });
  expect((await json('contract check ../bank.sql')).value).toMatchObject({ ok: true, findings: [] });
  expect((await json('diff @~1 @')).value.tables).toMatchObject([
    { table: 'bank.accounts', rows: [{ key: ['alice'], after: { balance: '100.00' } }] },
  ]);
  expect((await json('diff --stat @~1')).value.tables).toMatchObject([{ added: 1, changed: 0, removed: 0 }]);
  const sql = await world.json(['query', 'SELECT owner, balance, NULL AS nothing FROM bank.accounts']);
  seen.add('query');
  expect(sql.value).toMatchObject({
    rows: [['alice', '100.00', null]],
    columns: [{ name: 'owner' }, { name: 'balance' }, { name: 'nothing' }],
  });
});

test('what a deployment would change', { timeout: 120_000 }, async () => {
  expect((await json('contract diff ../bank.sql')).value).toMatchObject({ isNew: false, definitions: [], tables: [] });
  world.file('wide.sql', bank.replace('balance numeric(15,2)', 'balance numeric(16,2)'));
  expect(await json('contract diff ../wide.sql --name bank')).toMatchObject({
    code: 5,
    value: { error: { code: 'AERGO_CONTRACT_MIGRATION' } },
  });
  world.file('wide.migrate.sql', 'ALTER TABLE accounts ALTER COLUMN balance TYPE numeric(16,2);');
  const wide = await json('contract diff ../wide.sql --name bank --migrate ../wide.migrate.sql --stat --exit-code');
  expect(wide).toMatchObject({
    code: 1,
    value: {
      definitions: [
        {
          kind: 'table',
          name: 'accounts',
          change: 'changed',
          columns: [{ name: 'balance', before: 'numeric(15,2) NOT NULL', after: 'numeric(16,2) NOT NULL' }],
        },
      ],
      tables: [{ table: 'bank.accounts', schemaChanged: true, added: 0, changed: 0, removed: 0 }],
    },
  });
});

test('contracts from templates, and their tests', { timeout: 120_000 }, async () => {
  expect((await json('contract templates')).value.templates).toContainEqual(
    expect.objectContaining({ name: 'vote', summary: 'One vote a member.' }),
  );
  expect((await json('contract new club --template vote')).value).toMatchObject({ contract: 'club.sql' });
  expect(await json('contract new club --template vote')).toMatchObject({
    code: 2,
    value: { error: { code: 'AERGO_FILE_EXISTS' } },
  });
  expect(await json('contract new club2 --template vot')).toMatchObject({
    code: 2,
    value: { error: { code: 'AERGO_TEMPLATE_UNKNOWN' } },
  });
  expect((await json('contract test club.sql --junit report.xml')).value).toMatchObject({
    ok: true,
    name: 'club',
    on: '@',
    failed: 0,
  });
  expect(readFileSync(join(world.cwd, 'report.xml'), 'utf8')).toMatch(/<testsuite name="club" tests="4" failures="0"/);
  world.file('bad.sql', 'CREATE TABLE t (k text PRIMARY KEY);');
  world.file(
    'bad.test.sql',
    `CREATE FUNCTION test_bad() RETURNS void AS $$ BEGIN ASSERT EXISTS (SELECT FROM t), 'a < "b"'; END $$;`,
  );
  const failing = await json('contract test bad.test.sql --empty --junit bad.xml', { cwd: world.directory });
  expect(failing).toMatchObject({ code: 1, value: { ok: false, on: null, results: [{ message: 'a < "b"' }] } });
  expect(readFileSync(join(world.directory, 'bad.xml'), 'utf8')).toContain('<failure message="a &lt; &quot;b&quot;"/>');
});

test('branches, snapshots and a merge', { timeout: 180_000 }, async () => {
  expect((await json('branch trial')).value.branch).toMatchObject({ name: 'trial' });
  expect((await json('branch -m trial what-if')).value.renamed).toEqual({ from: 'trial', to: 'what-if' });
  expect((await json('branch')).value.branches).toHaveLength(2);
  expect((await json('switch what-if')).value).toMatchObject({ branch: 'what-if', created: false });
  await json('call bank.open_account bob 1');
  await json('call bank.open_account carol 1');
  expect((await json('switch main')).value).toMatchObject({ branch: 'main' });
  await json('call bank.open_account bob 2');
  expect((await json('snapshot before')).value).toMatchObject({ name: 'before' });
  expect((await json('snapshot')).value.snapshots).toMatchObject([{ name: 'before', block: { height: 3 } }]);
  expect((await json('show before')).value).toMatchObject({ kind: 'snapshot' });
  const dry = await json('merge what-if --dry-run');
  expect(dry.value).toMatchObject({
    block: null,
    upToDate: false,
    applied: [{ status: 'applied' }],
    dropped: [{ code: 'constraint' }],
  });
  expect(await json('merge what-if --fail-on-drop')).toMatchObject({ code: 1, value: { block: null } });
  const merged = await json('merge what-if');
  expect(merged.value).toMatchObject({
    block: { kind: 'merge', counts: { applied: 1, dropped: 1 } },
    dropped: [{ transaction: { args: ['bob', '1'] } }],
  });
  const [dropped] = merged.value.dropped as { tx: string }[];
  expect((await json('merge --explain')).value).toMatchObject({
    block: { kind: 'merge' },
    dropped: [{ tx: dropped?.tx, cause: { kind: 'target' } }],
    explanation: { amend: [dropped?.tx] },
  });
  expect(await json(`resubmit ${dropped?.tx} ${callOfAlice}`)).toMatchObject({
    code: 5,
    value: { resubmitted: [], rejected: [{ error: { code: 'AERGO_CONSTRAINT' } }, { of: callOfAlice }] },
  });
  expect((await json('revert --dry-run @')).value).toMatchObject({
    block: null,
    reverted: [{ description: 'bank.open_account carol 1', receipt: { status: 'applied' } }],
  });
  expect((await json('merge what-if')).value).toMatchObject({ upToDate: true, block: null });
  expect((await json('show @')).value).toMatchObject({ dropped: [{ receipt: { status: 'dropped' } }] });
  expect((await json('branch -d what-if')).value).toMatchObject({ deleted: ['what-if'] });
  expect((await json('snapshot -d before')).value).toMatchObject({ deleted: 'before' });
});

test('many transactions and rows at once', { timeout: 180_000 }, async () => {
  const line = (who: string, sum: string) =>
    JSON.stringify({ kind: 'call', contract: 'bank', function: 'open_account', args: [who, sum] });
  world.file(
    'orders.ndjson',
    [line('dora', '5'), line('alice', '5'), 'nonsense', line('emil', '1.234'), ''].join('\n'),
  );
  const submitted = await json('submit ../orders.ndjson');
  expect(submitted).toMatchObject({ code: 5, value: { blocks: [{ counts: { applied: 1 } }], applied: [{ line: 1 }] } });
  expect(submitted.value.rejected).toHaveLength(3);
  const csv = 'owner,balance\nfritz,7\n"gerd, jr.",8.5\n';
  expect((await json('import csv - --into bank.accounts', { stdin: csv })).value).toMatchObject({
    rows: 2,
    table: 'bank.accounts',
  });
  expect(await json('import csv - --into bank.accounts', { stdin: csv })).toMatchObject({
    value: { error: { code: 'AERGO_CONSTRAINT' } },
  });
  expect((await world.aergo(['get', 'bank.accounts', 'gerd, jr.'])).stdout).toBe(
    'owner     gerd, jr.\nbalance   8.50\n',
  );
});

test('checks, export, keys and settings', { timeout: 180_000 }, async () => {
  expect((await json('verify')).value).toMatchObject({ fast: false, branches: [{ name: 'main' }] });
  expect((await json('verify --fast')).value).toMatchObject({ fast: true });
  expect((await json('verify --perturb --seed one')).value).toMatchObject({ fast: false, perturbed: 'one' });
  expect((await json('fsck')).value).toMatchObject({ ok: true, problems: [], rebuilt: false });
  expect((await json('fsck --rebuild')).value).toMatchObject({ ok: true, rebuilt: true });
  expect((await json('export git ../exported')).value).toMatchObject({ branches: 1, bare: false });
  expect((await json('key generate bob')).code).toBe(0);
  expect((await json('key export --allowed-signers')).value.allowedSigners).toHaveLength(1);
  await json('key list');
  await json('key show ada');
  await json('key import ../home/.local/share/aergo/keys/bob --name bob2');
  await json('config set user.key ada');
  await json('config get user.key');
  await json('config list --show-origin');
  await json('config unset user.key');
  const signers = world.file('signers', (await world.aergo(['key', 'export', '--allowed-signers'])).stdout);
  const git = await world.run('git', ['-c', `gpg.ssh.allowedSignersFile=${signers}`, 'verify-commit', 'HEAD'], {
    cwd: join(world.directory, 'exported'),
  });
  expect(git).toMatchObject({ code: 0 });
});

test('members, policy and the directory', { timeout: 180_000 }, async () => {
  await world.aergo(['config', 'set', 'user.key', 'ada']);
  expect((await json('member add bob bob --role admin')).value).toMatchObject({
    version: { version: 2, name: 'ada', changes: ['member bob: admin'] },
  });
  expect((await json('member list')).value.members).toMatchObject([{ name: 'ada' }, { name: 'bob', roles: ['admin'] }]);
  expect((await json('policy set --threshold 2 --ref refs/heads/main --approvals 2')).value).toMatchObject({
    version: { version: 3, changes: ['policy: rules', 'policy: threshold'] },
  });
  expect((await json('policy show')).value.policy).toMatchObject({ threshold: 2, visibility: 'public' });
  await world.aergo(['key', 'generate', 'carol']);
  expect(await json('member add carol carol --role write')).toMatchObject({
    code: 4,
    value: { error: { code: 'AERGO_DIRECTORY_APPROVALS' } },
  });
  const proposed = await json('policy set --lifetime 30d --propose change.json');
  expect(proposed.value.proposal).toMatchObject({ version: 4, changes: ['policy: lifetime'], approvals: [] });
  expect((await json('--key bob directory approve change.json')).value.proposal).toMatchObject({ version: 4 });
  expect((await json('directory apply change.json')).value.version).toMatchObject({
    version: 4,
    approvals: [expect.any(String)],
  });
  const rotated = (await json('key rotate ada3')).value.version;
  expect(rotated).toMatchObject({
    changes: expect.arrayContaining(['member ada revoked: rotated', 'member ada: another key']),
  });
  await json('member remove bob --propose bob.json');
  await json('key revoke bob --reason lost --propose lost.json');
  expect((await json('directory log -n 2')).value.versions).toHaveLength(2);
  expect((await json('directory show')).value.version).toMatchObject({ expires: expect.any(Number) });
  expect((await json('directory verify')).value).toMatchObject({ expired: false, evidence: [] });
  expect((await json('verify')).value).toMatchObject({ directory: 6 });
});

test('a merge that waits for people', async () => {
  await json('branch side');
  await json('call --on side bank.pay alice bob 1');
  await json('call bank.pay alice bob 2');
  expect((await json('merge --rows side')).value).toMatchObject({ block: null, mode: 'rows', pending: true });
  expect((await json('status')).value).toMatchObject({ merge: { source: 'side', resolved: 0 } });
  expect((await json('resolve --list')).value.resolved).toBe(0);
  expect((await json('resolve bank.accounts --take both')).value.conflicts).toEqual([]);
  expect((await json('merge --continue')).value).toMatchObject({ mode: 'rows', pending: false, moved: false });
  expect((await json('show @')).value.conflicts).toMatchObject([
    { key: ['alice'], by: 'person' },
    { key: ['bob'], by: 'person' },
  ]);
  expect((await json('blame bank.accounts alice')).value.rows).toMatchObject([
    { columns: [{ column: 'owner' }, { column: 'balance', origin: { decision: { by: 'person', took: 'new' } } }] },
  ]);
  expect((await json('log bank.accounts alice -n 1')).value.changes).toMatchObject([{ decidedBy: 'person' }]);
});

test('every command has a schema that was held against its output here', () => {
  const elsewhere = new Set(['values', 'demo', ...remoteCommands]);
  const commands = schemaNames.filter((name) => !elsewhere.has(name));
  expect([...seen].sort()).toEqual(commands.sort());
});
