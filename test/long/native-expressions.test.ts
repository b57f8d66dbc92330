import fc from 'fast-check';
import { expect, it, onTestFinished } from 'vitest';
import { Engine } from '../../src/contract/engine.ts';
import { AergoError } from '../../src/errors.ts';
import { States } from '../contract/workbench.ts';
import { NativePostgres, nativeBinaries } from '../support/native-postgres.ts';

type Kind = 'int' | 'numeric' | 'text' | 'date' | 'stamp' | 'span' | 'bool' | 'json' | 'texts';

/** What an operator or a function makes of which kinds: `$1`, `$2` are its operands. */
const shapes: Readonly<Record<Kind, readonly (readonly [string, ...Kind[]])[]>> = {
  int: [
    ['($1 + $2)', 'int', 'int'],
    ['($1 * $2)', 'int', 'int'],
    ['($1 / $2)', 'int', 'int'],
    ['($1 % $2)', 'int', 'int'],
    ['($1 & $2)', 'int', 'int'],
    ['length($1)', 'text'],
    ['octet_length($1)', 'text'],
    ['strpos($1, $2)', 'text', 'text'],
    ['($1 - $2)', 'date', 'date'],
    ['array_length($1, 1)', 'texts'],
    ['ascii($1)', 'text'],
    ['round($1)::int4', 'numeric'],
    ['abs($1)', 'int'],
  ],
  numeric: [
    ['($1 + $2)', 'numeric', 'numeric'],
    ['($1 - $2)', 'numeric', 'numeric'],
    ['($1 * $2)', 'numeric', 'numeric'],
    ['($1 / $2)', 'numeric', 'numeric'],
    ['($1 % $2)', 'numeric', 'numeric'],
    ['round($1, $2 % 20)', 'numeric', 'int'],
    ['trunc($1, $2 % 20)', 'numeric', 'int'],
    ['div($1, $2)', 'numeric', 'numeric'],
    ['power($1, $2 % 7)', 'numeric', 'int'],
    ['sqrt(abs($1))', 'numeric'],
    ['exp($1 % 50)', 'numeric'],
    ['ln(abs($1) + 1)', 'numeric'],
    ['$1::numeric', 'int'],
    ['$1::numeric(12,3)', 'numeric'],
    ['extract(epoch FROM $1)', 'stamp'],
    ['extract(day FROM $1)', 'span'],
    ['greatest($1, $2)', 'numeric', 'numeric'],
    ['gcd($1, $2)', 'numeric', 'numeric'],
  ],
  text: [
    ['($1 || $2)', 'text', 'text'],
    ['substr($1, $2 % 9, abs($3 % 9))', 'text', 'int', 'int'],
    ['left($1, $2 % 9)', 'text', 'int'],
    ['lpad($1, $2 % 12, $3)', 'text', 'int', 'text'],
    ['replace($1, $2, $3)', 'text', 'text', 'text'],
    ['translate($1, $2, $3)', 'text', 'text', 'text'],
    ['reverse($1)', 'text'],
    ['btrim($1, $2)', 'text', 'text'],
    ['split_part($1, $2, $3 % 4)', 'text', 'text', 'int'],
    ["regexp_replace($1, '([a-z]+)', '<\\1>', 'g')", 'text'],
    ["encode(sha256(convert_to($1, 'UTF8')), 'hex')", 'text'],
    ['md5($1)', 'text'],
    ['$1::text', 'numeric'],
    ['$1::text', 'date'],
    ['$1::text', 'stamp'],
    ['$1::text', 'span'],
    ['$1::text', 'json'],
    ['$1::text', 'texts'],
    ["to_char($1, 'YYYY-MM-DD HH24:MI:SS')", 'stamp'],
    ["to_char($1, 'FM999,999,990.00')", 'numeric'],
    ["format('%s/%I/%L', $1, $2, $1)", 'text', 'text'],
    ['($1)[abs($2 % 3)]', 'texts', 'int'],
    ["array_to_string($1, ',', '*')", 'texts'],
    ['($1 #>> $2)', 'json', 'texts'],
  ],
  date: [
    ['($1 + $2 % 100000)', 'date', 'int'],
    ['$1::date', 'stamp'],
    ['greatest($1, $2)', 'date', 'date'],
    ['make_date($1 % 3000, $2 % 13, $3 % 32)', 'int', 'int', 'int'],
  ],
  stamp: [
    ['($1 + $2)', 'stamp', 'span'],
    ['($1 - $2)', 'stamp', 'span'],
    ['$1::timestamp', 'date'],
    ["date_trunc('month', $1)", 'stamp'],
    ["date_trunc('week', $1)", 'stamp'],
  ],
  span: [
    ['($1 - $2)', 'stamp', 'stamp'],
    ['($1 + $2)', 'span', 'span'],
    ['age($1, $2)', 'stamp', 'stamp'],
    ['justify_interval($1)', 'span'],
    ['(- $1)', 'span'],
  ],
  bool: [
    ['($1 < $2)', 'text', 'text'],
    ['($1 = $2)', 'numeric', 'numeric'],
    ['($1 > $2)', 'span', 'span'],
    ['($1 IS DISTINCT FROM $2)', 'json', 'json'],
    ['($1 AND $2)', 'bool', 'bool'],
    ['(NOT $1)', 'bool'],
    ['($1 ~ $2)', 'text', 'text'],
    ["($1 LIKE '%' || $2)", 'text', 'text'],
    ['($1 @> $2)', 'json', 'json'],
    ['($1 < $2)', 'json', 'json'],
    ['($1 && $2)', 'texts', 'texts'],
    ['($1 = ANY ($2))', 'text', 'texts'],
  ],
  json: [
    ['to_jsonb($1)', 'numeric'],
    ['to_jsonb($1)', 'text'],
    ['to_jsonb($1)', 'stamp'],
    ['to_jsonb($1)', 'texts'],
    ["jsonb_build_object('k', $1, $2, $3)", 'json', 'text', 'numeric'],
    ['($1 || $2)', 'json', 'json'],
    ['($1 - $2)', 'json', 'text'],
    ['($1 -> $2)', 'json', 'text'],
    ['jsonb_set($1, $2, $3)', 'json', 'texts', 'json'],
    ['jsonb_strip_nulls($1)', 'json'],
  ],
  texts: [
    ['array_append($1, $2)', 'texts', 'text'],
    ['($1 || $2)', 'texts', 'texts'],
    ['array_remove($1, $2)', 'texts', 'text'],
    ["string_to_array($1, '')", 'text'],
    ["regexp_split_to_array($1, 'a|,')", 'text'],
    ['ARRAY[$1, $2, NULL]', 'text', 'text'],
  ],
};

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const literals: Readonly<Record<Kind, fc.Arbitrary<string>>> = {
  int: fc
    .oneof(fc.integer({ min: -20, max: 20 }), fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }))
    .map((n) => `'${n}'::int4`),
  numeric: fc
    .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat(30))
    .map(([digits, scale]) => `(${quoted(`${digits}e-${scale}`)}::numeric)`),
  text: fc
    .string({
      unit: fc.constantFrom('a', 'B', 'z', '9', ' ', ',', 'ä', 'ß', '日', '😀', "'", '"', '%', '_', '-'),
      maxLength: 12,
    })
    .map((text) => `${quoted(text)}::text`),
  date: fc
    .date({ min: new Date('0001-01-01'), max: new Date('4000-12-31'), noInvalidDate: true })
    .map((day) => `date '${day.toISOString().slice(0, 10)}'`),
  stamp: fc
    .date({ min: new Date('0001-01-01'), max: new Date('4000-12-31'), noInvalidDate: true })
    .map((time) => `timestamp '${time.toISOString().slice(0, -1)}'`),
  span: fc
    .tuple(
      fc.integer({ min: -99, max: 99 }),
      fc.integer({ min: -999, max: 999 }),
      fc.integer({ min: -(10 ** 9), max: 10 ** 9 }),
    )
    .map(([months, days, us]) => `interval '${months} months ${days} days ${us} microseconds'`),
  bool: fc.constantFrom('true', 'false', 'NULL::bool'),
  json: fc.json({ maxDepth: 2, noUnicodeString: true }).map((json) => `${quoted(json)}::jsonb`),
  texts: fc
    .array(fc.constantFrom("'a'", "'b c'", 'NULL', "''", "'k'", "'0'"), { maxLength: 3 })
    .map((items) => `ARRAY[${items.join(', ')}]::text[]`),
};

/** What came to have another scale: the version from which on a native server can be compared. */
const changedIn: Readonly<Record<string, number>> = { 'power($1, $2 % 7)': 18 };

function expression(kind: Kind, depth: number, version: number): fc.Arbitrary<string> {
  const literal = literals[kind];
  if (depth === 0) return literal;
  const known = shapes[kind].filter(([template]) => (changedIn[template] ?? 0) <= version);
  const made = known.map(([template, ...kinds]) =>
    fc
      .tuple(...kinds.map((operand) => expression(operand, depth - 1, version)))
      .map((operands) => template.replace(/\$(\d)/g, (_, place) => operands[Number(place) - 1] ?? '')),
  );
  return fc.oneof({ weight: 1, arbitrary: literal }, ...made.map((arbitrary) => ({ weight: 1, arbitrary })));
}

const kinds = Object.keys(shapes) as Kind[];
const anyExpression = (version: number) => fc.constantFrom(...kinds).chain((kind) => expression(kind, 2, version));

const perBatch = 200;

it('random expressions have the same value, or the same SQLSTATE, in a native PostgreSQL', async () => {
  const binaries = nativeBinaries();
  if (binaries === undefined) throw new Error('there is no native PostgreSQL to compare with');
  const server = await NativePostgres.start(binaries);
  onTestFinished(() => server.stop());
  const engine = await Engine.open();
  onTestFinished(() => engine.close());
  const states = new States();
  await engine.moveTo(states.source, states.current);
  const differences: string[] = [];
  let values = 0;
  for (let seed = 0; seed < 100; seed++) {
    const texts = fc
      .sample(anyExpression(server.version), { numRuns: perBatch, seed })
      .map((sql) => `SELECT 'is ' || to_json((${sql})::text)`);
    const native = nativeValues(server, texts);
    for (const [at, sql] of texts.entries()) {
      const ours = await oursOf(engine, sql);
      if (!ours.startsWith('!')) values += 1;
      if (ours !== native[at]) differences.push(`${sql}\n  engine ${ours}\n  native ${native[at]}`);
    }
  }
  expect(differences.join('\n')).toBe('');
  expect(values).toBeGreaterThan(10_000);
});

async function oursOf(engine: Engine, sql: string): Promise<string> {
  try {
    const { rows } = await engine.query(sql, { time_ms: 0 });
    return rows[0]?.[0] ?? '';
  } catch (error) {
    if (error instanceof AergoError && error.code === 'AERGO_QUERY_FAILED') return `!${error.details.sqlstate}`;
    throw error;
  }
}

function nativeValues(server: NativePostgres, texts: readonly string[]): string[] {
  const script = texts.map((sql) => `${sql};\n\\echo ended :SQLSTATE`).join('\n');
  const said = server.run(
    `SET TimeZone = 'UTC'; SET DateStyle = 'ISO,YMD'; SET IntervalStyle = 'iso_8601'; SET bytea_output = 'hex';\n${script}\n`,
  );
  return [...said.matchAll(/^(?:(is .*|)\n)?ended (\w{5})$/gm)].map(([, value, sqlstate]) =>
    sqlstate === '00000' ? (value ?? '') : `!${sqlstate}`,
  );
}
