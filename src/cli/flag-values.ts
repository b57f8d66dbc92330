/** What flags say, as values: `--expect TABLE/KEY@VERSION`, `--expires TIME`, `--args JSON`, counts. */
import { AergoError } from '../errors.ts';
import { parseTime as parseAbsoluteTime } from '../ledger/revision.ts';

export interface Expectation {
  readonly table: string;
  readonly key: string[];
  readonly version: string | null;
}

/**
 * @param text `bank.accounts/alice@<32 hex digits>`; several key columns are parted by `/`; `%2F`, `%40` and `%25` stand
 * for `/`, `@` and `%` in a key; the version `null` means that there must be no such row.
 * @throws AergoError AERGO_USAGE
 */
export function parseExpectation(text: string): Expectation {
  const parts = /^([^/]+)\/(.+)@(null|[0-9a-f]{32})$/s.exec(text);
  if (parts === null) {
    throw new AergoError('AERGO_USAGE', `--expect ${JSON.stringify(text)} is not TABLE/KEY@VERSION`, {
      hint: 'aergo get TABLE KEY --json      (shows the version: 32 hex digits; null: no such row)',
    });
  }
  const [, table = '', key = '', version = ''] = parts;
  return { table, key: key.split('/').map(decodeKey), version: version === 'null' ? null : version };
}

function decodeKey(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new AergoError(
      'AERGO_USAGE',
      `the key ${JSON.stringify(text)} in --expect has a % that is not followed by two hex digits`,
      {
        hint: 'write %25 for %',
        cause,
      },
    );
  }
}

const units_ms: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * @param text `2026-11-20T10:00Z` (or with an offset), or `+30s`, `+10m`, `+2h`, `+1d` from now.
 * @returns ms since 1970
 * @throws AergoError AERGO_TIME_INVALID
 */
export function parseTime(text: string, now_ms: number): number {
  const relative = /^\+(\d{1,9})([smhd])$/.exec(text);
  if (relative !== null) return now_ms + Number(relative[1]) * (units_ms[relative[2] ?? ''] ?? 0);
  return parseAbsoluteTime(text);
}

/** A length of time in ms: `30s`, `10m`, `2h`, `30d`. @throws AergoError AERGO_USAGE */
export function parseDuration(text: string, flag: string): number {
  const [, count, unit = ''] = /^([1-9]\d{0,8})([smhd])$/.exec(text) ?? [];
  if (count !== undefined) return Number(count) * (units_ms[unit] ?? 0);
  throw new AergoError('AERGO_USAGE', `${flag} ${JSON.stringify(text)} is not a length of time`, {
    hint: `${flag} 30d      (s, m, h or d)`,
  });
}

/**
 * The arguments of a call from `--args`: a JSON array of texts and nulls.
 * @throws AergoError AERGO_USAGE
 */
export function parseJsonArguments(text: string): (string | null)[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw badArguments(text, cause);
  }
  if (!Array.isArray(value)) throw badArguments(text);
  return value.map((argument) => {
    if (typeof argument === 'string' || argument === null) return argument;
    throw badArguments(text);
  });
}

function badArguments(text: string, cause?: unknown): AergoError {
  const shown = JSON.stringify(text.slice(0, 80));
  return new AergoError('AERGO_USAGE', `--args ${shown} is not a JSON array of texts and nulls`, {
    hint: `--args '["alice","12.50",null]'      (numbers as texts too)`,
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A whole number from 1 to `most`. @throws AergoError AERGO_USAGE */
export function parseCount(text: string, flag: string, most = 999_999_999): number {
  const count = /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= most) return count;
  throw new AergoError('AERGO_USAGE', `${flag} ${JSON.stringify(text)} is not a whole number from 1 to ${most}`);
}
