/**
 * Whether the arguments of a call fit their declared types exactly. PostgreSQL ignores a parameter's modifier and rounds:
 * `transfer('alice','bob','12.505')` would make a cent. So nothing is rounded, cut or guessed: it fits, or it is refused.
 */
import { AergoError } from '../errors.ts';
import type { DomainType, EnumType, FunctionSignature } from './parsed-contract.ts';

/** The types that a contract defines itself; a manifest is one. */
export interface OwnTypes {
  readonly types: readonly EnumType[];
  readonly domains: readonly DomainType[];
}

const noTypes: OwnTypes = { types: [], domains: [] };

/**
 * @param args texts or null, as a transaction has them
 * @param own the contract's enums and domains; without them, values of such types are left to the engine
 * @throws AergoError AERGO_ARGUMENT_COUNT, AERGO_ARGUMENT_INVALID, saying which one and what is wrong with it
 */
export function checkArguments(
  signature: FunctionSignature,
  args: readonly (string | null)[],
  own: OwnTypes = noTypes,
): void {
  const declared = signature.arguments;
  if (args.length !== declared.length) {
    const list = declared.map(({ name, type }) => `${name} ${type}`).join(', ');
    const count = declared.length === 1 ? '1 argument' : `${declared.length === 0 ? 'no' : declared.length} arguments`;
    throw new AergoError(
      'AERGO_ARGUMENT_COUNT',
      `${signature.name} takes ${count}${list === '' ? '' : ` (${list})`}, not ${args.length}.`,
      {
        details: { function: signature.name, expected: declared.length, given: args.length },
      },
    );
  }
  for (const [at, { name, type }] of declared.entries()) {
    const value = args[at] ?? null;
    const fault = value === null ? undefined : misfit(value, type, own);
    if (value === null || fault === undefined) continue;
    const shown = value.length > 60 ? `${value.slice(0, 60)}…` : value;
    throw new AergoError(
      'AERGO_ARGUMENT_INVALID',
      `argument ${at + 1} (${name} ${type}): ${JSON.stringify(shown)} ${fault}`,
      {
        details: { argument: at + 1, name, type, value },
      },
    );
  }
}

/** What is wrong with a text as a value of a type; undefined when it fits. */
export function misfit(value: string, type: string, own: OwnTypes = noTypes): string | undefined {
  if (value.includes('\0')) return 'has a NUL';
  const [, base = type, modifier] = /^([^(]+)\(([^)]*)\)$/.exec(type) ?? [];
  const rule = rules[base];
  if (rule !== undefined) return rule(value, modifier);
  const labels = own.types.find((candidate) => candidate.name === type)?.labels;
  if (labels !== undefined) return labels.includes(value) ? undefined : `is none of ${labels.join(', ')}`;
  const domain = own.domains.find((candidate) => candidate.name === type);
  return domain === undefined ? undefined : misfit(value, domain.type, own);
}

type Rule = (value: string, modifier: string | undefined) => string | undefined;

const rules: Readonly<Record<string, Rule>> = {
  text: () => undefined,
  varchar: (value, modifier) => {
    const limit = modifier === undefined ? Number.POSITIVE_INFINITY : Number(modifier);
    return value.length > limit && [...value].length > limit ? `has more than ${limit} characters` : undefined;
  },
  int2: (value) => wholeNumber(value, 15n),
  int4: (value) => wholeNumber(value, 31n),
  int8: (value) => wholeNumber(value, 63n),
  numeric: decimal,
  bool: (value) => (/^(t|f|true|false)$/.test(value) ? undefined : 'is neither true nor false'),
  uuid: (value) =>
    /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value) ? undefined : 'is no UUID as PostgreSQL prints it',
  bytea: (value) =>
    /^\\x([0-9a-f]{2})*$/.test(value) ? undefined : 'is no bytea as PostgreSQL prints it: \\x and hexadecimal digits',
  date: (value) => (isDate(value, 5_874_897) ? undefined : 'is no date as PostgreSQL prints it: 2026-11-20'),
  timestamp: (value) => (isTimestamp(value) ? undefined : 'is no time as PostgreSQL prints it: 2026-11-20 08:30:00'),
  timestamptz: (value) =>
    value.endsWith('+00') && isTimestamp(value.slice(0, -3))
      ? undefined
      : 'is no time as PostgreSQL prints it in UTC: 2026-11-20 08:30:00+00',
  jsonb: (value) => (isJson(value) ? undefined : 'is no JSON'),
};

function wholeNumber(value: string, bits: bigint): string | undefined {
  if (!/^[+-]?\d+$/.test(value)) return 'is not a whole number';
  if (value.replace(/^[+-]?0*/, '').length > 19) return 'is out of range';
  const number = BigInt(value.replace(/^\+/, ''));
  const limit = 1n << bits;
  return number < -limit || number >= limit ? 'is out of range' : undefined;
}

/** Digits that PostgreSQL's numeric can hold without a modifier. */
const widest = { whole: 131_072, fraction: 16_383 };

function decimal(value: string, modifier: string | undefined): string | undefined {
  const [, whole = '', fraction = ''] = /^[+-]?(\d*)(?:\.(\d*))?$/.exec(value) ?? [];
  if (whole === '' && fraction === '') return 'is not a number';
  const [precision, scale = 0] = modifier === undefined ? [] : modifier.split(',').map(Number);
  const limit = precision === undefined ? widest : { whole: precision - scale, fraction: scale };
  const decimals = fraction.replace(/0+$/, '').length;
  if (decimals > Math.max(0, limit.fraction)) {
    return limit.fraction <= 0
      ? 'has decimals'
      : `has more than ${limit.fraction} decimal${limit.fraction === 1 ? '' : 's'}`;
  }
  const digits = whole.replace(/^0+/, '');
  if (digits.length > Math.max(0, limit.whole))
    return limit.whole <= 0 ? 'is 1 or more' : `has more than ${limit.whole} digits before the point`;
  if (limit.fraction < 0 && !digits.endsWith('0'.repeat(Math.min(digits.length, -limit.fraction))))
    return `is no multiple of 1${'0'.repeat(-limit.fraction)}`;
  if (
    limit.fraction > 0 &&
    limit.whole < 0 &&
    !new RegExp(`^0{${-limit.whole}}`).test(fraction.padEnd(-limit.whole, '0'))
  )
    return 'is out of range';
  return undefined;
}

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function isDate(value: string, lastYear: number): boolean {
  const [, years = '', months = '', days = ''] = /^(\d{4}|[1-9]\d{4,6})-(\d\d)-(\d\d)$/.exec(value) ?? [];
  const year = Number(years);
  const month = Number(months);
  const day = Number(days);
  if (year < 1 || year > lastYear) return false;
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const last = (daysOfMonth[month - 1] ?? 0) + (leap && month === 2 ? 1 : 0);
  return day >= 1 && day <= last;
}

function isTimestamp(value: string): boolean {
  const [date = '', time = '', ...more] = value.split(' ');
  return more.length === 0 && isDate(date, 294_276) && /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{0,5}[1-9])?$/.test(time);
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}
