/**
 * Names inside the SQL engine. The host's own names contain a `$`, which no name of a contract may contain, so the two
 * can never meet. Everything here is quoted for SQL.
 */

import { namePattern } from '../state/state.ts';

/** Whether the text may name a contract, a table, a column or a function: `[a-z][a-z0-9_]{0,47}`, not reserved. */
export function isContractName(text: string): boolean {
  return (
    namePattern.test(text) &&
    text !== 'aergo' &&
    text !== 'public' &&
    text !== 'information_schema' &&
    !text.startsWith('pg_')
  );
}

/** An identifier in double quotes. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as an SQL literal that needs no setting to be read the same everywhere. */
export function quoteText(text: string): string {
  const quoted = text.replaceAll("'", "''");
  return text.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`;
}

/** The role that a contract's functions run as. */
export function roleOf(contract: string): string {
  return quoteName(`contract$${contract}`);
}

/** The schema of a contract's trampolines: its role has no USAGE on it. */
export function callSchemaOf(contract: string): string {
  return quoteName(`call$${contract}`);
}

/** The schema that a contract's own functions live in: in its own schema stand what other contracts call. */
export function codeSchemaOf(contract: string): string {
  return quoteName(`code$${contract}`);
}

/** `bank.accounts` as `"bank"."accounts"`. */
export function quoteQualified(table: string): string {
  return table.split('.').map(quoteName).join('.');
}
