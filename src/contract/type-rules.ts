/**
 * Which types a contract may use where. Types are named as PostgreSQL's catalogue does (`int8`, `timestamptz`), with their
 * modifier in parentheses; an enum or domain of the contract by its own name.
 */
import type { Findings } from './findings.ts';
import { type Fields, fieldsOf, listOf, nodesOf, numberOf, placeOf, stringsOf } from './syntax-tree.ts';

/** A type as written in a source. */
export interface WrittenType {
  readonly name: string;
  /** As in `15,2`. */
  readonly modifier?: string;
  readonly isArray: boolean;
  readonly isSet: boolean;
  readonly at: number;
}

/** Types whose equal values have equal texts: they may stand in a primary key (format.md). */
const keyTypes = new Set([
  'text',
  'varchar',
  'int2',
  'int4',
  'int8',
  'numeric',
  'bool',
  'uuid',
  'date',
  'timestamp',
  'timestamptz',
  'bytea',
]);
const columnTypes = new Set([...keyTypes, 'time', 'interval', 'jsonb']);
const argumentTypes = new Set([...keyTypes, 'jsonb']);

const floats = new Set(['float4', 'float8', 'money', 'point', 'line', 'lseg', 'box', 'path', 'polygon', 'circle']);
const serials = new Set(['serial', 'serial2', 'serial4', 'serial8', 'smallserial', 'bigserial']);

/** What a contract has defined, as far as the source has been read. */
export interface KnownTypes {
  readonly enums: ReadonlyMap<string, readonly string[]>;
  readonly domains: ReadonlyMap<string, string>;
  readonly relations: ReadonlySet<string>;
}

export type TypePlace = 'key' | 'column' | 'argument' | 'result' | 'body';

/** Whether the engine itself has the type, so that it needs no schema in front. */
export function isBuiltIn(type: string): boolean {
  return columnTypes.has(type.replace(/\[\]$/, '').replace(/\(.*$/, ''));
}

/** The type that a TypeName says. */
export function writtenType(typeName: Fields, findings: Findings, at = placeOf(typeName)): WrittenType | undefined {
  const names = stringsOf(typeName.names);
  const name = names.at(-1) ?? '';
  // PostgreSQL looks for what is copied in its own catalogue too.
  if (typeName.pct_type === true) {
    findings.refuse(at, `${names.join('.')}%TYPE is not allowed in a signature`, 'the type itself');
    return undefined;
  }
  const schema = names.length > 1 ? names[0] : undefined;
  if (schema !== undefined && schema !== 'pg_catalog') {
    findings.refuse(at, `type ${names.join('.')} is outside the contract`, 'a type of the contract by its bare name');
    return undefined;
  }
  // The parser leaves a zero out.
  const modifiers = nodesOf(typeName.typmods).map(({ fields }) =>
    fields.ival === undefined ? undefined : (numberOf(fieldsOf(fields.ival).ival) ?? 0),
  );
  const base = { name, isArray: listOf(typeName.arrayBounds).length > 0, isSet: typeName.setof === true, at };
  return modifiers.length === 0 || modifiers.includes(undefined) ? base : { ...base, modifier: modifiers.join(',') };
}

/** The type as manifests and schemas write it. */
export function typeText(type: WrittenType): string {
  return `${type.name}${type.modifier === undefined ? '' : `(${type.modifier})`}${type.isArray ? '[]' : ''}`;
}

/** Notes what speaks against a type where it stands. */
export function checkType(type: WrittenType, place: TypePlace, known: KnownTypes, findings: Findings): void {
  const complaint = complaintAbout(type, place, known);
  if (complaint !== undefined) findings.refuse(type.at, ...complaint);
}

/** What to write where PostgreSQL would count. */
export const insteadOfSequence =
  'text DEFAULT aergo.tx_id(); for several rows in one call PRIMARY KEY (tx, n) with n counted in the function; for numbers in a row, a table with one row that holds the next';

/** Types that are often written, under the catalogue's names. */
const usualInstead: ReadonlyMap<string, { readonly written?: string; readonly instead: string }> = new Map([
  ['bpchar', { written: 'char', instead: 'varchar' }],
  ['json', { instead: 'jsonb' }],
  ['name', { instead: 'text' }],
  ['timetz', { written: 'time with time zone', instead: 'time' }],
  ['oid', { instead: 'int8' }],
]);

type Complaint = readonly [message: string, instead?: string];

function complaintAbout(type: WrittenType, place: TypePlace, known: KnownTypes): Complaint | undefined {
  const { name } = type;
  if (floats.has(name))
    return [`${name} rests on floating-point numbers, whose last digits differ between machines`, 'numeric(p,s)'];
  if (serials.has(name)) {
    return [
      `${name} is a sequence: it does not roll back, so a dropped transaction would shift later ids`,
      insteadOfSequence,
    ];
  }
  if (name === 'trigger' || name === 'event_trigger') {
    return ['triggers are not allowed', 'the same statements in the functions that change the table'];
  }
  if (type.isSet && place !== 'body')
    return ['a public function gives one value, not a set', 'a private function (its name begins with _), or a view'];
  if (type.isArray) return complaintAboutArray(name, place);
  if (isAllowed(type, place, known)) return undefined;
  // What is no column was refused as one.
  if (place === 'key' && !columnTypes.has(name) && !known.domains.has(name)) return undefined;
  const other = usualInstead.get(name);
  if (other !== undefined) {
    const size = type.modifier === undefined || name !== 'bpchar' ? '' : `(${type.modifier})`;
    return [`type ${other.written ?? name}${size} cannot be ${phrases[place]}`, `${other.instead}${size}`];
  }
  if (place === 'key' && name === 'numeric')
    return ['numeric in a primary key needs precision and scale: 1 and 1.0 would be two keys', 'numeric(15,2)'];
  return [
    `type ${name} cannot be ${phrases[place]}`,
    `one of ${[...builtInTypes(place)].join(', ')}, or an enum of the contract`,
  ];
}

function complaintAboutArray(name: string, place: TypePlace): Complaint | undefined {
  if (place !== 'column' && place !== 'body')
    return [`an array cannot be ${phrases[place]}`, 'jsonb, or a table of its own'];
  return columnTypes.has(name)
    ? undefined
    : [`an array of ${name} is not allowed`, 'an array of text, int8 or another built-in type'];
}

function builtInTypes(place: TypePlace): ReadonlySet<string> {
  if (place === 'key') return keyTypes;
  return place === 'column' || place === 'body' ? columnTypes : argumentTypes;
}

function isAllowed({ name, modifier }: WrittenType, place: TypePlace, known: KnownTypes): boolean {
  if (place === 'key')
    return known.enums.has(name) || (keyTypes.has(name) && (name !== 'numeric' || modifier !== undefined));
  if (place === 'result' && name === 'void') return true;
  if (place === 'body' && (bodyTypes.has(name) || known.relations.has(name))) return true;
  return builtInTypes(place).has(name) || known.enums.has(name) || known.domains.has(name);
}

const bodyTypes = new Set(['record', 'void']);

const phrases: Readonly<Record<TypePlace, string>> = {
  key: 'in a primary key',
  column: 'a column',
  argument: 'an argument of a public function',
  result: 'the result of a public function',
  body: 'used here',
};
