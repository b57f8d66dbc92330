/**
 * The accepted contracts in a native PostgreSQL, which is Debian's: where that is 15, the engine's is 18.6. What a newer one does
 * differently is therefore not compared here; what 15 lacks fails, unless a contract says what it needs and stands below.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Engine } from '../../src/contract/engine.ts';
import { preparationSql } from '../../src/contract/engine-sql.ts';
import { acceptContract } from '../../src/contract/gate.ts';
import { quoteName, quoteText } from '../../src/contract/names.ts';
import type { ParsedContract } from '../../src/contract/parsed-contract.ts';
import { engineSettings } from '../../src/contract/settings.ts';
import { isBuiltIn } from '../../src/contract/type-rules.ts';
import {
  type AcceptedContract,
  acceptedCall,
  acceptedContracts,
  type Ending,
  endingOf,
} from '../support/accepted-contracts.ts';
import { NativePostgres, nativeBinaries, nativeVersion } from '../support/native-postgres.ts';
import { States } from './workbench.ts';

/** What a contract's calls came to, and the rows that they left, as texts in an order of their own. */
interface Played {
  readonly endings: readonly Ending[];
  readonly rows: readonly string[];
  /** The time of its transaction, microseconds since 1970. */
  readonly time_us: number;
}

/** Settings that say what a value's text is and which mistakes are errors; plans are the native server's own. */
const pinned = [
  'TimeZone',
  'DateStyle',
  'IntervalStyle',
  'bytea_output',
  'extra_float_digits',
  'default_text_search_config',
  'plpgsql.variable_conflict',
  'plpgsql.extra_errors',
];

const height = 7;
const settings = pinned.map((name) => `SET ${name} = ${quoteText(engineSettings[name] ?? '')};`).join('\n');
const mark = 'aergo:';

/** Plays it in one transaction of the native server, which is rolled back: each call by itself, in plain SQL. */
function playNatively(server: NativePostgres, accepted: AcceptedContract, contract: ParsedContract): Played {
  const schema = quoteName(accepted.name);
  const said = server.run(`
\\set VERBOSITY verbose
\\set ON_ERROR_ROLLBACK on
LOAD 'plpgsql'; ${settings}
BEGIN;
SELECT 'time ' || (extract(epoch FROM now()) * 1000000)::int8;
CREATE SCHEMA ${schema}; SET LOCAL search_path = ${schema}, pg_temp;
SELECT set_config('aergo.height', '${height}', true) WHERE false;
SET LOCAL aergo.height = '${height}';
${contract.statements.map((statement) => `${statement.text};\n\\echo made :SQLSTATE :LAST_ERROR_MESSAGE`).join('\n')}
${accepted.calls.map((_, at) => nativeCall(accepted, contract, at)).join('\n')}
${contract.tables
  .map(({ name, schema: { columns } }) =>
    nativeRows(
      name,
      columns.map((column) => column.name),
    ),
  )
  .join('\n')}
ROLLBACK;`);
  const time = /^time (\d+)$/m.exec(said)?.[1];
  const failed = said.split('\n').find((line) => /^made (?!00000)/.test(line));
  if (time === undefined || failed !== undefined)
    throw new Error(`the native server does not take it: ${failed ?? said}`);
  return {
    time_us: Number(time),
    endings: [...said.matchAll(/^(?:call (.*)\n)?ended (\w{5}) ?(.*)$/gm)].map(([, value, sqlstate = '', message]) =>
      sqlstate === '00000'
        ? { result: JSON.parse(value ?? 'null') as string | null }
        : { sqlstate, message: sqlstate === 'P0001' ? message : undefined },
    ),
    rows: said
      .split('\n')
      .filter((line) => line.startsWith(mark))
      .sort(),
  };
}

function nativeCall(accepted: AcceptedContract, contract: ParsedContract, at: number): string {
  const call = acceptedCall(accepted, at);
  const signature = contract.functions.find((candidate) => candidate.name === call.function);
  const returns = signature?.returns;
  // As a call has it, with the type's modifier, which PostgreSQL forgets of a parameter.
  const values = call.args.map((value, index) => {
    const type = signature?.arguments[index]?.type ?? 'text';
    return `${value === null ? 'NULL' : quoteText(value)}::${isBuiltIn(type) ? type : quoteName(type)}`;
  });
  const run = `${quoteName(accepted.name)}.${quoteName(call.function)}(${values.join(', ')})`;
  const shown = returns === 'void' ? `'null'` : `coalesce(to_json(format('%s', r))::text, 'null')`;
  const given = returns === 'void' ? shown : `CASE WHEN r IS NULL THEN 'null' ELSE ${shown} END`;
  return `SET LOCAL aergo.call = '${at} ${call.id} ${call.author} ';
SELECT 'call ' || ${given} FROM (SELECT ${run} AS r OFFSET 0) AS called;
\\echo ended :SQLSTATE :LAST_ERROR_MESSAGE`;
}

/** Each row as the engine has it: an object of texts, its members sorted. */
function nativeRows(table: string, columns: readonly string[]): string {
  const members = [...columns]
    .sort()
    .map(
      (name) =>
        `${quoteText(name)}, CASE WHEN ${quoteName(name)} IS NULL THEN NULL ELSE format('%s', ${quoteName(name)}) END`,
    );
  return `SELECT '${mark}${table} ' || json_build_object(${members.join(', ')}) FROM ${quoteName(table)};`;
}

async function playInEngine(
  engine: Engine,
  accepted: AcceptedContract,
  time_us: number,
): Promise<Omit<Played, 'time_us'>> {
  // Half a microsecond more, so that no rounding on the way comes out below.
  await engine.begin({ height, time_ms: (time_us + 0.5) / 1000 });
  try {
    expect(await engine.deploy(accepted.name, accepted.source)).toMatchObject({ status: 'ok' });
    const outcomes = await engine.run(accepted.calls.map((_, at) => acceptedCall(accepted, at)));
    const rows = new Map<string, string>();
    for (const outcome of outcomes) {
      for (const { table, name, after } of outcome.status === 'ok' ? outcome.changes : []) {
        if (after === null) rows.delete(`${table} ${name}`);
        else rows.set(`${table} ${name}`, `${mark}${table.slice(accepted.name.length + 1)} ${after.trim()}`);
      }
    }
    return { endings: outcomes.map(endingOf), rows: [...rows.values()].map(normal).sort() };
  } finally {
    await engine.abandon();
  }
}

/** Before PostgreSQL 18 a RESTRICT that held was an ordinary foreign key's violation. */
function inVersion(version: number, ending: Ending): Ending {
  return version < 18 && 'sqlstate' in ending && ending.sqlstate === '23001'
    ? { ...ending, sqlstate: '23503' }
    : ending;
}

/** `json_build_object` spaces its members. */
function normal(row: string): string {
  const at = row.indexOf('{');
  return row.slice(0, at) + JSON.stringify(JSON.parse(row.slice(at)));
}

/** Digits apart by `_` came with PostgreSQL 16. */
const onlyOne: AcceptedContract = {
  name: 'thousand',
  source: 'CREATE FUNCTION thousand() RETURNS int4 AS $$ BEGIN RETURN 1000; END $$;',
  calls: [{ line: 1, author: 'ed25519:ada', function: 'thousand', args: [], expected: { result: '1000' } }],
  needs: 15,
};

const binaries = nativeBinaries();
const which = `the native PostgreSQL ${binaries === undefined ? '' : nativeVersion(binaries)}`.trim();
const corpus = acceptedContracts();

describe.skipIf(binaries === undefined && process.env.CI === undefined)('the accepted contracts', () => {
  let server: NativePostgres;
  let engine: Engine;

  beforeAll(async () => {
    if (binaries === undefined) throw new Error('there is no native PostgreSQL to compare with');
    server = await NativePostgres.start(binaries);
    server.run(preparationSql);
    engine = await Engine.open({ deadline_ms: 10_000 });
    const states = new States();
    await engine.moveTo(states.source, states.current);
  });

  afterAll(async () => {
    await engine?.close();
    await server?.stop();
  });

  /** Contracts of the corpus that are not compared, as they need a newer server than Debian 12's: to be added to by hand only. */
  const notOn15: readonly string[] = [];

  it('none is passed over, but those that are known to need a newer server than there is', () => {
    const passedOver = corpus.filter(({ needs }) => needs > server.version).map(({ name }) => name);
    expect(passedOver).toEqual(server.version === 15 ? notOn15 : notOn15.filter((name) => passedOver.includes(name)));
  });

  it('one that uses what this server lacks is told of, and not passed over', async ({ skip }) => {
    if (server.version >= 16) skip('the server knows 1_000');
    const accepted = { ...onlyOne, source: onlyOne.source.replace('1000', '1_000') };
    await expect(playBoth(onlyOne)).resolves.toBeUndefined();
    await expect(playBoth(accepted)).rejects.toThrow('the native server does not take it');
  });

  async function playBoth(accepted: AcceptedContract): Promise<void> {
    const contract = await acceptContract(accepted.source);
    const native = playNatively(server, accepted, contract);
    const ours = await playInEngine(engine, accepted, native.time_us);
    expect(ours.endings).toEqual(accepted.calls.map((call) => call.expected));
    expect(native.endings).toEqual(ours.endings.map((ending) => inVersion(server.version, ending)));
    expect(native.rows.map(normal)).toEqual(ours.rows);
  }

  it.for(corpus)(
    `$name: the same results and rows in ${which} as in the engine's PostgreSQL 18`,
    async (accepted, { skip }) => {
      if (server.version < accepted.needs) skip(`it needs PostgreSQL ${accepted.needs}`);
      await playBoth(accepted);
    },
  );
});
