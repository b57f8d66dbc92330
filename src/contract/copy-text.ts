/**
 * PostgreSQL's text forms of many values at once: COPY's text format (documentation of COPY, "Text Format"), rows as
 * record_out writes them ("Composite Type Input and Output Syntax"), and array literals. Pairs of write and read.
 */

const copySpecial = /[\\\n\r\t]/g;
const copyEscapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** One row in COPY's text format, LF included. */
export function encodeCopyRow(values: readonly (string | null)[]): string {
  let row = '';
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? null;
    if (at > 0) row += '\t';
    if (value === null) row += '\\N';
    else
      row += value.search(copySpecial) < 0 ? value : value.replace(copySpecial, (found) => copyEscapes[found] ?? found);
  }
  return `${row}\n`;
}

const copyUnescapes: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t', v: '\v' };

/** The values of a row that COPY … TO wrote, LF included or not. */
export function decodeCopyRow(row: string): (string | null)[] {
  const text = row.endsWith('\n') ? row.slice(0, -1) : row;
  const fields: (string | null)[] = text.split('\t');
  if (!text.includes('\\')) return fields;
  return fields.map((field) => {
    if (field === '\\N' || field === null) return null;
    return field.includes('\\') ? field.replace(/\\(.)/gs, (_, found: string) => copyUnescapes[found] ?? found) : field;
  });
}

/**
 * The fields of a row as `row::text` gives them: `(alice,87.50)`. An empty field is null; quotes and backslashes inside a
 * quoted field are doubled.
 */
export function decodeRecord(record: string): (string | null)[] {
  if (!record.includes('"')) {
    const fields: (string | null)[] = record.slice(1, -1).split(',');
    for (let at = 0; at < fields.length; at += 1) if (fields[at] === '') fields[at] = null;
    return fields;
  }
  return decodeQuotedRecord(record);
}

function decodeQuotedRecord(record: string): (string | null)[] {
  const fields: (string | null)[] = [];
  const end = record.length - 1;
  let at = 1;
  for (;;) {
    let field: string | null = null;
    if (record[at] === '"') {
      field = '';
      at += 1;
      for (;;) {
        const character = record[at];
        if (character === '"' || character === '\\') {
          if (character === '"' && record[at + 1] !== '"') break;
          at += 1;
        }
        field += record[at];
        at += 1;
      }
      at += 1;
    } else {
      const from = at;
      while (at < end && record[at] !== ',') at += 1;
      field = at > from ? record.slice(from, at) : null;
    }
    fields.push(field);
    if (at >= end) return fields;
    at += 1;
  }
}

/** An array literal: what `::text[]` reads back exactly. */
export function encodeArray(values: readonly (string | null)[]): string {
  let literal = '{';
  for (let at = 0; at < values.length; at += 1) {
    const value = values[at] ?? null;
    if (at > 0) literal += ',';
    literal += value === null ? 'NULL' : `"${value.search(/["\\]/) < 0 ? value : value.replace(/["\\]/g, '\\$&')}"`;
  }
  return `${literal}}`;
}
