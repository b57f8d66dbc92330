/** Query results: an aligned table, CSV (RFC 4180), JSON, NDJSON. */
import type { Style } from '../output.ts';
import { padEnd, padStart } from './columns.ts';
import { displayWidth, shownValue, visible } from './visible.ts';

export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly (string | null)[])[];
}

export const queryFormats = ['table', 'csv', 'json', 'ndjson'] as const;
export type QueryFormat = (typeof queryFormats)[number];

const numeric = /^(smallint|integer|bigint|numeric|int2|int4|int8)/;

/** The lines of a result in a format. Values are PostgreSQL's text or NULL; no number passes through a float. */
export function* renderQuery(result: QueryResult, format: QueryFormat, style: Style): Generator<string> {
  switch (format) {
    case 'table':
      yield* tableLines(result, style);
      return;
    case 'csv':
      yield result.columns.map(({ name }) => csvField(name)).join(',');
      for (const row of result.rows) yield row.map(csvField).join(',');
      return;
    case 'json':
      yield JSON.stringify(result.rows.map((row) => asObject(result, row)));
      return;
    case 'ndjson':
      for (const row of result.rows) yield JSON.stringify(asObject(result, row));
  }
}

function* tableLines({ columns, rows }: QueryResult, style: Style): Generator<string> {
  const cells = rows.map((row) => row.map(shownValue));
  const names = columns.map(({ name }) => visible(name));
  const widths = names.map((name, index) => {
    return cells.reduce((widest, row) => Math.max(widest, displayWidth(row[index] ?? '')), displayWidth(name));
  });
  const pad = (text: string, index: number, last: boolean) => {
    if (numeric.test(columns[index]?.type ?? '')) return padStart(text, widths[index] ?? 0);
    return last ? text : padEnd(text, widths[index] ?? 0);
  };
  const line = (texts: readonly string[]) =>
    texts.map((text, index) => pad(text, index, index === texts.length - 1)).join('   ');
  yield style.bold(line(names));
  for (const row of cells) yield line(row);
}

/** NULL is an empty field, an empty text is quoted, as PostgreSQL's COPY has it. */
function csvField(value: string | null): string {
  if (value === null) return '';
  return value === '' || /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function asObject({ columns }: QueryResult, row: readonly (string | null)[]): Record<string, string | null> {
  return Object.fromEntries(columns.map(({ name }, index) => [name, row[index] ?? null]));
}
