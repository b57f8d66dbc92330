/**
 * Escapes against the last layer, with all others off: somebody is PostgreSQL's superuser in the engine's thread. Nothing of the
 * machine is read or written, what hangs ends by the deadline, and an engine beside it stays right.
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Engine } from '../../src/contract/engine.ts';
import { engineFiles } from '../../src/contract/engine-description.ts';
import { DeadlineMissed, EngineThread, StatementRefused, ThreadLost } from '../../src/contract/engine-thread.ts';
import { bank, call, States } from './workbench.ts';

const worker = join(import.meta.dirname, '..', 'support', 'superuser-worker.ts');
const deadline_ms = 1_500;

/** What the machine has that nobody may see, and where nobody may write. */
const secret = randomBytes(16).toString('hex');
let machine: string;
let engine: Engine;

beforeAll(async () => {
  machine = mkdtempSync(join(tmpdir(), 'aergo-escape-'));
  writeFileSync(join(machine, 'secret'), `${secret}\n`);
  engine = await Engine.open();
  const states = new States();
  await engine.moveTo(states.source, states.current);
  await engine.begin({ height: 1, time_ms: 1_000 });
  await engine.deploy('bank', bank);
  await engine.run([call('bank.open_account', 'alice', '1000'), call('bank.open_account', 'bob', '0')]);
});

afterAll(async () => {
  await engine?.close();
  rmSync(machine, { recursive: true, force: true });
});

/** The one that surely hangs. */
const hangs = 'pg_sleep';

type End = 'refused' | 'ended' | { readonly said: string };

const attempts: readonly (readonly [what: string, sql: (directory: string) => string])[] = [
  ['COPY … TO PROGRAM', (at) => `COPY (SELECT 1) TO PROGRAM 'echo x > ${at}/made'`],
  [
    'COPY … FROM PROGRAM',
    (at) =>
      `DROP TABLE IF EXISTS t; CREATE TABLE t (line text); COPY t FROM PROGRAM 'cat ${at}/secret'; SELECT line FROM t`,
  ],
  [
    'COPY … FROM a file',
    (at) => `DROP TABLE IF EXISTS t; CREATE TABLE t (line text); COPY t FROM '${at}/secret'; SELECT line FROM t`,
  ],
  [
    'COPY … FROM /etc/passwd',
    () => `DROP TABLE IF EXISTS t; CREATE TABLE t (line text); COPY t FROM '/etc/passwd'; SELECT line FROM t`,
  ],
  ['COPY … TO a file', (at) => `COPY (SELECT 1) TO '${at}/made'`],
  ['COPY … TO a file beside the data', () => "COPY (SELECT 1) TO '/pglite/data/../made'"],
  ['pg_read_file', (at) => `SELECT pg_read_file('${at}/secret')`],
  ['pg_read_file of /etc/passwd', () => "SELECT pg_read_file('/etc/passwd')"],
  [
    'pg_read_binary_file, upwards from the data',
    (at) => `SELECT convert_from(pg_read_binary_file('../../../../../..${at}/secret'), 'UTF8')`,
  ],
  ['pg_ls_dir', (at) => `SELECT string_agg(f, ' ') FROM pg_ls_dir('${at}') AS f`],
  ['pg_ls_dir of the root', () => "SELECT string_agg(f, ' ') FROM pg_ls_dir('/') AS f"],
  ['pg_file_write', (at) => `SELECT pg_file_write('${at}/made', 'x', false)`],
  ['lo_import', (at) => `SELECT convert_from(lo_get(lo_import('${at}/secret')), 'UTF8')`],
  ['lo_export', (at) => `SELECT lo_export(lo_from_bytea(0, 'x'), '${at}/made')`],
  ['CREATE EXTENSION file_fdw', () => 'CREATE EXTENSION file_fdw'],
  ['CREATE EXTENSION plpython3u', () => 'CREATE EXTENSION plpython3u'],
  ['LOAD', (at) => `LOAD '${at}/secret'`],
  ['LOAD of the C library', () => "LOAD '/lib/x86_64-linux-gnu/libc.so.6'"],
  ['LANGUAGE c', () => "CREATE FUNCTION run(text) RETURNS int LANGUAGE c AS 'libc.so.6', 'system'; SELECT run('true')"],
  ['CREATE TABLESPACE', (at) => `CREATE TABLESPACE out LOCATION '${at}'`],
  ['ALTER SYSTEM', (at) => `ALTER SYSTEM SET archive_command = 'cat ${at}/secret'`],
  [hangs, () => 'SELECT pg_sleep(3600)'],
  [
    'an advisory lock, and an endless loop',
    () => 'SELECT pg_advisory_lock(1); DO $$ BEGIN LOOP NULL; END LOOP; END $$',
  ],
  ['pg_terminate_backend', () => 'SELECT pg_terminate_backend(pg_backend_pid())'],
];

for (const where of ['in memory', 'in a directory'] as const) {
  describe(`a superuser in an engine ${where}`, () => {
    let data: string;
    let thread: EngineThread | undefined;

    beforeAll(() => {
      data = mkdtempSync(join(tmpdir(), 'aergo-escape-data-'));
    });

    beforeEach(async () => {
      if (thread?.usable === true) return;
      thread = new EngineThread(worker);
      const directory = join(mkdtempSync(join(data, 'engine-')), 'data');
      const archive = readFileSync(engineFiles().archive);
      await thread.request('open', where === 'in memory' ? { archive } : { archive, directory });
    });

    afterAll(async () => {
      await thread?.terminate();
      rmSync(data, { recursive: true, force: true });
    });

    async function endOf(sql: string): Promise<End> {
      try {
        const rows: unknown = await thread?.request(
          'query',
          { sql, maxRows: 10, time_ms: 0, moved: false },
          deadline_ms,
        );
        return { said: JSON.stringify(rows) };
      } catch (error) {
        if (error instanceof StatementRefused) return 'refused';
        if (error instanceof DeadlineMissed || error instanceof ThreadLost) return 'ended';
        throw error;
      }
    }

    for (const [what, sql] of attempts) {
      it(what, async () => {
        const before = readdirSync(data);
        const end = await endOf(sql(machine));
        if (what === hangs) expect(end).toBe('ended');
        if (typeof end === 'object') {
          expect(end.said).not.toContain(secret);
          // Neither the machine's directories nor its users.
          expect(end.said).not.toMatch(/secret|root:|\bboot\b|\busr\b/);
        }
        expect(readdirSync(machine)).toEqual(['secret']);
        expect(readdirSync(data)).toEqual(before);
        expect(existsSync('/made')).toBe(false);
        expect(thread?.usable).toBe(end !== 'ended');
        expect(await engine.run([call('bank.transfer', 'alice', 'bob', '1')])).toMatchObject([{ result: 'OK' }]);
      });
    }

    it('is a superuser indeed, and reads its own files', async () => {
      expect(await endOf("SELECT current_user, pg_read_file('PG_VERSION')")).toEqual({
        said: JSON.stringify([['postgres', '18\n']]),
      });
    });
  });
}
