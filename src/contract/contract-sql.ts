/**
 * SQL that puts one contract into the engine: its schema, its role, its trampolines, and the driver that runs batches of
 * calls over all contracts. Everything a contract makes ends up owned by the host; its role has exactly the rights that its
 * functions need. The texts made here are part of the engine id (by this file's template, `sandboxTemplate`).
 */
import { bridgeSql } from './bridge-sql.ts';
import { countBegin, countEnd, countSql } from './counted-body.ts';
import { bridgeRole, contractsRole, ownerRole, readerRole } from './engine-sql.ts';
import { callSchemaOf, codeSchemaOf, quoteName, quoteText, roleOf } from './names.ts';
import {
  type Argument,
  type DomainType,
  type FunctionSignature,
  isPublic,
  type ParsedContract,
} from './parsed-contract.ts';
import { isBuiltIn } from './type-rules.ts';

/** What the engine has to know of a contract: the gate's reading of its source. */
export interface InstalledContract {
  readonly name: string;
  readonly contract: ParsedContract;
}

/** Runs before the contract's statements: an empty schema, and a deploy trampoline that runs them as the contract's role. */
export function prepareSql(name: string): string {
  const schema = quoteName(name);
  const role = roleOf(name);
  const calls = callSchemaOf(name);
  return `
DO $do$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${quoteText(`contract$${name}`)}) THEN
    CREATE ROLE ${role} NOLOGIN;
    GRANT ${contractsRole} TO ${role} WITH INHERIT TRUE, SET FALSE;
  END IF;
END $do$;
CREATE SCHEMA ${schema} AUTHORIZATION ${ownerRole};
CREATE SCHEMA ${codeSchemaOf(name)} AUTHORIZATION ${ownerRole};
GRANT USAGE ON SCHEMA ${codeSchemaOf(name)} TO ${role};
CREATE SCHEMA ${calls};
${openDeploymentSql(name)}`;
}

/** Lets the contract's role make things in its schema, by statements that go through the deploy trampoline. */
export function openDeploymentSql(name: string): string {
  const schema = quoteName(name);
  const role = roleOf(name);
  const calls = callSchemaOf(name);
  return `GRANT USAGE, CREATE ON SCHEMA ${schema} TO ${role};
GRANT USAGE ON LANGUAGE plpgsql TO ${role};
GRANT USAGE ON LANGUAGE sql TO ${role};
CREATE FUNCTION ${calls}."$deploy"(statement text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ${schema}, pg_temp AS $$ BEGIN EXECUTE statement; END $$;
ALTER FUNCTION ${calls}."$deploy"(text) OWNER TO ${role};`;
}

/** Runs one of the contract's statements, given as the only parameter, through the deploy trampoline. */
export function deploySql(name: string): string {
  return `SELECT ${callSchemaOf(name)}."$deploy"($1)`;
}

/** Runs after them: takes ownership and grants what calls need, and makes the trampolines. */
export function sealSql({ name, contract }: InstalledContract): string {
  const schema = quoteName(name);
  const role = roleOf(name);
  const calls = callSchemaOf(name);
  const lines = [`DROP FUNCTION ${calls}."$deploy"(text);`, `REVOKE CREATE ON SCHEMA ${schema} FROM ${role};`];
  lines.push(`GRANT USAGE ON SCHEMA ${schema} TO ${readerRole}, ${contractsRole};`);
  lines.push(`GRANT USAGE ON SCHEMA ${calls} TO ${bridgeRole};`);
  for (const table of contract.tables) {
    const target = `${schema}.${quoteName(table.name)}`;
    lines.push(`ALTER TABLE ${target} OWNER TO ${ownerRole};`);
    lines.push(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${target} TO ${role};`);
    lines.push(`GRANT SELECT ON ${target} TO ${readerRole};`);
    lines.push(
      `CREATE TRIGGER "aergo$capture" AFTER INSERT OR UPDATE OR DELETE ON ${target} FOR EACH ROW EXECUTE FUNCTION "aergo$host".capture();`,
    );
  }
  for (const view of contract.views) {
    const target = `${schema}.${quoteName(view)}`;
    lines.push(`ALTER VIEW ${target} SET (security_invoker = true);`, `ALTER VIEW ${target} OWNER TO ${ownerRole};`);
    lines.push(`GRANT SELECT ON ${target} TO ${role}, ${readerRole};`);
  }
  for (const type of contract.types) lines.push(`ALTER TYPE ${schema}.${quoteName(type.name)} OWNER TO ${ownerRole};`);
  for (const domain of contract.domains)
    lines.push(`ALTER DOMAIN ${schema}.${quoteName(domain.name)} OWNER TO ${ownerRole};`);
  for (const signature of contract.functions) lines.push(...sealFunction(name, signature));
  for (const signature of contract.functions) {
    if (isPublic(signature))
      lines.push(trampolineSql(name, contract.domains, signature), bridgeSql(name, contract, signature));
  }
  lines.push(foreignKeyOrderSql(name), holdSql(name));
  return lines.join('\n');
}

/**
 * What foreign keys do on a change of one row they do in the order of their triggers' names, which end in numbers that PostgreSQL
 * counts up: after 99999 comes 100000, which as a text stands before it. With zeros in front they stand as in the source. The
 * second statement makes PostgreSQL read the names again.
 */
function foreignKeyOrderSql(name: string): string {
  const relations = `relnamespace = ${quoteText(quoteName(name))}::regnamespace`;
  return `UPDATE pg_trigger SET tgname = regexp_replace(tgname, '\\d+$', '') || lpad(oid::text, 10, '0')
WHERE tgisinternal AND tgname ~ '^RI_ConstraintTrigger_[ac]_\\d+$' AND tgrelid IN (SELECT oid FROM pg_class WHERE ${relations});
UPDATE pg_class SET relhastriggers = true WHERE relhastriggers AND ${relations};`;
}

/**
 * Makes the trampolines parts of their schema, which is the host's. The contract's role owns them, so that they run as it, and
 * an owner could drop them (DROP OWNED, even where it cannot name them): of a part only the whole can be dropped.
 */
function holdSql(name: string): string {
  return `INSERT INTO pg_depend (classid, objid, objsubid, refclassid, refobjid, refobjsubid, deptype)
SELECT 'pg_proc'::regclass, p.oid, 0, 'pg_namespace'::regclass, n.oid, 0, 'i'
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = ${quoteText(`call$${name}`)};`;
}

function sealFunction(name: string, signature: FunctionSignature): string[] {
  // Overloads are refused, so the name alone is enough.
  const target = `${quoteName(name)}.${quoteName(signature.name)}`;
  return [
    `ALTER FUNCTION ${target} OWNER TO ${ownerRole};`,
    `REVOKE ALL ON FUNCTION ${target} FROM PUBLIC;`,
    // The reading role needs the functions that views use; they run with its rights, not the contract's.
    `GRANT EXECUTE ON FUNCTION ${target} TO ${roleOf(name)}, ${readerRole};`,
    // Its name in the contract's schema is for what other contracts call.
    `ALTER FUNCTION ${target} SET SCHEMA ${codeSchemaOf(name)};`,
  ];
}

/** @param as the trampoline's own name, where it is not the function's */
function trampolineSql(
  name: string,
  domains: readonly DomainType[],
  signature: FunctionSignature,
  as = signature.name,
): string {
  const calls = callSchemaOf(name);
  const schema = quoteName(name);
  const role = roleOf(name);
  const trampoline = `${calls}.${quoteName(as)}`;
  const values = signature.arguments.map((argument, at) => `a[${at + 1}]::${sqlType(schema, argument.type)}`);
  const checks = signature.arguments.flatMap((argument, at) => confirmation(schema, domains, argument, at));
  const call = `${codeSchemaOf(name)}.${quoteName(signature.name)}(${values.join(', ')})`;
  const isVoid = signature.returns === 'void';
  const body = isVoid
    ? `PERFORM ${call}; RETURN NULL;`
    : `r := ${call}; IF r IS NULL THEN RETURN NULL; END IF; RETURN format('%s', r);`;
  const variable = isVoid ? '' : `DECLARE r ${sqlType(schema, signature.returns)}; `;
  return `CREATE FUNCTION ${trampoline}(a text[]) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = ${codeSchemaOf(name)}, ${schema}, pg_temp AS $trampoline$ ${variable}BEGIN ${checks.join(' ')} ${body} END $trampoline$;
ALTER FUNCTION ${trampoline}(text[]) OWNER TO ${role};
REVOKE ALL ON FUNCTION ${trampoline}(text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ${trampoline}(text[]) TO ${bridgeRole};`;
}

/** Types whose text PostgreSQL confirms: what it prints must be what was given. */
const confirmed = new Set(['date', 'timestamp', 'timestamptz', 'uuid']);

/** What the engine itself checks of an argument's exactness, behind arguments.ts, which may not know a domain. */
function confirmation(schema: string, domains: readonly DomainType[], argument: Argument, at: number): string[] {
  const given = `a[${at + 1}]`;
  const value = `${given}::${sqlType(schema, argument.type)}`;
  const domain = domains.find((candidate) => candidate.name === argument.type);
  const base = (domain?.type ?? argument.type).replace(/\(.*$/, '');
  if (confirmed.has(base) || (domain !== undefined && base === 'varchar'))
    return [refuseWhere(`${value}::text <> ${given}`)];
  if (domain === undefined || base !== 'numeric') return [];
  return [
    refuseWhere(`${value}::numeric <> ${given}::numeric OR ${given}::numeric IN ('NaN', 'Infinity', '-Infinity')`),
  ];
}

function refuseWhere(condition: string): string {
  return `IF ${condition} THEN RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'an argument does not fit its type exactly'; END IF;`;
}

function sqlType(schema: string, type: string): string {
  return isBuiltIn(type) ? type : `${schema}.${quoteName(type)}`;
}

/** Where the driver finds a function: both numbers count from 0, in the order of `contracts`. */
export type Dispatch = ReadonlyMap<string, { readonly contract: number; readonly function: number }>;

/** The numbers that the driver made by `driverSql` knows public functions by, under `bank.transfer`. */
export function dispatchOf(contracts: readonly InstalledContract[]): Dispatch {
  const dispatch = new Map<string, { contract: number; function: number }>();
  for (const [number, { name, contract }] of contracts.entries()) {
    for (const [index, signature] of contract.functions.filter(isPublic).entries()) {
      dispatch.set(`${name}.${signature.name}`, { contract: number, function: index });
    }
  }
  return dispatch;
}

/**
 * The batch driver: runs each call in a subtransaction of its own and gives its result or its failure; the last row repeats
 * the request's nonce, which shows that the batch came to its end.
 */
export function driverSql(contracts: readonly InstalledContract[]): string {
  const cases = contracts.flatMap(({ name, contract }, number) => {
    const functions = contract.functions
      .filter(isPublic)
      .map(
        (signature, index) =>
          `WHEN ${index} THEN result := ${callSchemaOf(name)}.${quoteName(signature.name)}(c.arguments::text[]);`,
      );
    return functions.length === 0 ? [] : [`WHEN ${number} THEN CASE c.function ${functions.join(' ')} END CASE;`];
  });
  const dispatch = cases.length === 0 ? '' : `CASE c.contract ${cases.join('\n')} END CASE;`;
  return `
DROP FUNCTION IF EXISTS "aergo$host".run(text, text[], int[], int[], text[]);
${batchSql('"aergo$host".run', dispatch)}`;
}

/** @param dispatch PL/pgSQL that runs one call, `c`, and leaves its result in `result` */
function batchSql(name: string, dispatch: string): string {
  return `CREATE FUNCTION ${name}(nonce text, contexts text[], contracts int[], functions int[], arguments text[])
RETURNS TABLE (result text, state text, message text, origin text) LANGUAGE plpgsql AS $driver$
#variable_conflict use_column
DECLARE
  c record;
BEGIN
  FOR c IN SELECT * FROM unnest($2, $3, $4, $5) AS batch (context, contract, function, arguments) LOOP
    result := NULL; state := NULL; message := NULL; origin := NULL;
    PERFORM set_config('aergo.call', c.context, true);
    BEGIN
      ${dispatch}
    EXCEPTION WHEN OTHERS OR QUERY_CANCELED OR ASSERT_FAILURE THEN
      GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, origin = PG_EXCEPTION_CONTEXT;
    END;
    RETURN NEXT;
  END LOOP;
  result := $1; state := NULL; message := NULL; origin := NULL;
  RETURN NEXT;
END $driver$;`;
}

/**
 * A driver like that of calls, `pg_temp."aergo$answer"`, over some functions, private ones too, each by its place; it runs
 * them by trampolines that are made with it, and goes with the savepoint that it was made in.
 */
export function answerDriverSql(
  functions: readonly { readonly installed: InstalledContract; readonly signature: FunctionSignature }[],
): string {
  const made = functions.map(({ installed: { name, contract }, signature }, index) => {
    const as = `$answer$${index}`;
    const call = `WHEN ${index} THEN result := ${callSchemaOf(name)}.${quoteName(as)}(c.arguments::text[]);`;
    return { trampoline: trampolineSql(name, contract.domains, signature, as), call };
  });
  const dispatch = `CASE c.function ${made.map(({ call }) => call).join('\n')} END CASE;`;
  return [...made.map(({ trampoline }) => trampoline), batchSql('pg_temp."aergo$answer"', dispatch)].join('\n');
}

/** Takes a contract out again, with everything in it. */
export function dropSql(name: string): string {
  return `DROP SCHEMA IF EXISTS ${callSchemaOf(name)}, ${codeSchemaOf(name)}, ${quoteName(name)} CASCADE;`;
}

/** Moves an installed contract aside, so that its rows can be taken over by its successor. */
export function setAsideSql(name: string): string {
  return `DROP SCHEMA IF EXISTS ${callSchemaOf(name)}, ${codeSchemaOf(name)} CASCADE; ALTER SCHEMA ${quoteName(name)} RENAME TO ${asideOf(name)};`;
}

/** The schema that `setAsideSql` leaves behind. */
export function asideOf(name: string): string {
  return quoteName(`aside$${name}`);
}

/** A sample of every template above: what the engine id takes in. */
export function sandboxTemplate(): string {
  const signature: FunctionSignature = { name: 'f', arguments: [{ name: 'a', type: 'date' }], returns: 'text' };
  const nothing: FunctionSignature = { name: 'g', arguments: [], returns: 'void' };
  const table = {
    name: 't',
    schema: { columns: [{ name: 'k', type: 'text' }], key: ['k'], elements: [], indexes: [] },
  };
  const contract: ParsedContract = {
    tables: [table],
    functions: [signature, nothing],
    types: [{ name: 'e', labels: [] }],
    domains: [{ name: 'd', type: 'text' }],
    views: ['v'],
    statements: [],
  };
  const installed = { name: 'c', contract };
  return [
    prepareSql('c'),
    deploySql('c'),
    countSql('c', 'f', `${countBegin}${countEnd}`),
    sealSql(installed),
    driverSql([installed]),
    dropSql('c'),
    setAsideSql('c'),
  ].join('\n');
}
