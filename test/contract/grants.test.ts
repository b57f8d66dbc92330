/** The reviewed lists against the catalogue of the PGlite in use: an upgrade shows what is new, gone, or another. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineFiles, packageRoot } from '../../src/contract/engine-description.ts';
import { grants } from '../../src/contract/grants.ts';
import { Session } from '../../src/contract/session.ts';

let session: Session;

beforeAll(async () => {
  session = await Session.open({ archive: readFileSync(engineFiles().archive) });
});

afterAll(async () => {
  await session?.close();
});

/** Lines `entry<TAB>reason` of a file, of one section where it has any. */
function listed(file: string, section?: string): Map<string, string> {
  const text = readFileSync(join(packageRoot(), 'fixtures', 'contracts', file), 'utf8');
  const part = section === undefined ? text : (text.split(`\n[${section}]\n`)[1]?.split('\n\n[')[0] ?? '');
  const lines = part.split('\n').filter((line) => line !== '' && !line.startsWith('-- '));
  return new Map(lines.map((line) => line.split('\t') as [string, string]));
}

function column(sql: string): string[] {
  return session.execute(sql).rows.map(([text]) => text ?? '');
}

const functions = "FROM pg_proc p WHERE pronamespace = 'pg_catalog'::regnamespace";
const may = "has_function_privilege('public', p.oid, 'EXECUTE')";

describe('the grants', () => {
  it('and what is not granted are all functions of the catalogue, each once', () => {
    const known = [...listed('grants.txt', 'functions').keys(), ...listed('not-granted.txt').keys()];
    const there = column(`SELECT p.oid::regprocedure ${functions}`);
    expect({
      new: there.filter((one) => !known.includes(one)),
      gone: known.filter((one) => !there.includes(one)),
    }).toEqual({ new: [], gone: [] });
    expect(new Set(known).size).toBe(known.length);
  });

  it('are exactly what the engine lets everybody execute', () => {
    expect(column(`SELECT p.oid::regprocedure ${functions} AND ${may}`).sort()).toEqual([...grants().functions].sort());
  });

  it('have a reason wherever a function is not immutable, and none is volatile but the clock', () => {
    const reasons = listed('grants.txt', 'functions');
    const words = { i: 'immutable', s: 'stable: ', v: 'volatile: ' };
    for (const [name = '', volatility] of session.execute(
      `SELECT p.oid::regprocedure, provolatile ${functions} AND ${may}`,
    ).rows) {
      const word = words[volatility as keyof typeof words];
      expect(reasons.get(name ?? ''), name ?? '').toMatch(
        new RegExp(`^${word}${volatility === 'i' ? '$' : '[a-zA-Z]'}`),
      );
    }
    expect(column(`SELECT p.oid::regprocedure ${functions} AND ${may} AND provolatile = 'v'`).sort()).toEqual([
      'clock_timestamp()',
      'timeofday()',
    ]);
  });

  it('give no floating-point number, and take none', () => {
    const floating = "'{float4,float8,_float4,_float8,money,point,box}'::regtype[]";
    expect(
      column(
        `SELECT p.oid::regprocedure ${functions} AND ${may} AND (prorettype = ANY (${floating}) OR proargtypes::oid[] && ${floating}::oid[])`,
      ),
    ).toEqual([]);
  });

  it('list the operators whose functions are granted', () => {
    const operand = (name: string): string => `CASE WHEN ${name} = 0 THEN 'none' ELSE format_type(${name}, NULL) END`;
    const there = session.execute(
      `SELECT o.oprname || ' (' || ${operand('oprleft')} || ',' || ${operand('oprright')} || ')', p.oid::regprocedure
       FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode WHERE ${may}`,
    ).rows;
    expect(new Map(there.map(([name, own]) => [name ?? '', own ?? '']))).toEqual(listed('grants.txt', 'operators'));
  });

  it('list the casts between their types', () => {
    const types = [...grants().types].map((type) => `'${type}'`).join(', ');
    const there = session.execute(
      `SELECT format_type(castsource, NULL) || ' -> ' || format_type(casttarget, NULL),
         CASE castcontext WHEN 'i' THEN 'implicit' WHEN 'a' THEN 'in assignments' ELSE 'where it is written' END
       FROM pg_cast JOIN pg_type a ON a.oid = castsource JOIN pg_type b ON b.oid = casttarget
       LEFT JOIN pg_proc p ON p.oid = castfunc
       WHERE a.typname IN (${types}) AND b.typname IN (${types}) AND (castmethod <> 'f' OR ${may})`,
    ).rows;
    expect(new Map(there.map(([name, how]) => [name ?? '', how ?? '']))).toEqual(listed('grants.txt', 'casts'));
  });

  it('leave everybody no table of the catalogue, no language, no schema and no temporary table', () => {
    expect(
      column("SELECT oid::regclass FROM pg_class WHERE has_table_privilege('public', oid, 'SELECT, INSERT, UPDATE')"),
    ).toEqual([]);
    expect(
      column("SELECT lanname FROM pg_language WHERE lanpltrusted AND has_language_privilege('public', oid, 'USAGE')"),
    ).toEqual([]);
    expect(
      column("SELECT nspname FROM pg_namespace WHERE has_schema_privilege('public', oid, 'USAGE') ORDER BY 1"),
    ).toEqual(['aergo', 'pg_catalog']);
    expect(column("SELECT 1 WHERE has_database_privilege('public', 'postgres', 'TEMP, CONNECT, CREATE')")).toEqual([]);
  });
});
