/**
 * Reads what the server sends (PostgreSQL's frontend/backend protocol, version 3, "Message Formats"). Values stay the text
 * that the server's output functions wrote: nothing passes through a JavaScript number. Only what the engine uses is kept.
 */

/** A column of an answer: its name, and type and modifier as the catalogue numbers them. */
export interface AnswerColumn {
  readonly name: string;
  readonly typeOid: number;
  readonly typeModifier: number;
}

/** The fields of an ErrorResponse that the engine uses. */
export interface ServerError {
  readonly sqlstate: string;
  readonly message: string;
  readonly where: string;
  readonly position: number | undefined;
  readonly table: string | undefined;
  readonly column: string | undefined;
}

/** What one exchange brought. */
export interface Answer {
  readonly columns: AnswerColumn[];
  readonly rows: (string | null)[][];
  /** Data of COPY … TO STDOUT, one buffer a row, LF included. */
  readonly copied: Buffer[];
  /** Statements that came to their end. */
  completed: number;
  error: ServerError | undefined;
  /** A portal stopped at its row limit. */
  suspended: boolean;
}

const letter = {
  dataRow: 0x44,
  rowDescription: 0x54,
  complete: 0x43,
  error: 0x45,
  copyData: 0x64,
  suspended: 0x73,
  empty: 0x49,
};

/** Takes an exchange's bytes apart. Throws nothing: what is cut off simply has no completed statement. */
export function readAnswer(bytes: Buffer): Answer {
  const answer: Answer = { columns: [], rows: [], copied: [], completed: 0, error: undefined, suspended: false };
  let at = 0;
  while (at + 5 <= bytes.length) {
    const end = at + 1 + bytes.readUInt32BE(at + 1);
    if (end > bytes.length) break;
    readMessage(answer, bytes, bytes.readUInt8(at), at + 5, end);
    at = end;
  }
  return answer;
}

function readMessage(answer: Answer, bytes: Buffer, kind: number, from: number, end: number): void {
  if (kind === letter.dataRow) answer.rows.push(readRow(bytes, from));
  else if (kind === letter.copyData) answer.copied.push(bytes.subarray(from, end));
  else if (kind === letter.complete || kind === letter.empty) answer.completed += 1;
  else if (kind === letter.suspended) {
    answer.suspended = true;
    answer.completed += 1;
  } else if (kind === letter.rowDescription)
    answer.columns.splice(0, answer.columns.length, ...readColumns(bytes, from));
  else if (kind === letter.error) answer.error ??= readError(bytes, from, end);
}

function readRow(bytes: Buffer, from: number): (string | null)[] {
  const count = bytes.readUInt16BE(from);
  const row = new Array<string | null>(count);
  let at = from + 2;
  for (let column = 0; column < count; column += 1) {
    const length = bytes.readInt32BE(at);
    at += 4;
    if (length < 0) row[column] = null;
    else {
      row[column] = bytes.toString('utf8', at, at + length);
      at += length;
    }
  }
  return row;
}

function readColumns(bytes: Buffer, from: number): AnswerColumn[] {
  const columns: AnswerColumn[] = [];
  let at = from + 2;
  for (let count = bytes.readUInt16BE(from); count > 0; count -= 1) {
    const end = bytes.indexOf(0, at);
    const name = bytes.toString('utf8', at, end);
    // After the name: table (4), column number (2), type (4), size (2), modifier (4), format (2).
    columns.push({ name, typeOid: bytes.readUInt32BE(end + 7), typeModifier: bytes.readInt32BE(end + 13) });
    at = end + 19;
  }
  return columns;
}

function readError(bytes: Buffer, from: number, end: number): ServerError {
  const fields = new Map<string, string>();
  let at = from;
  while (at < end && bytes[at] !== 0) {
    const stop = bytes.indexOf(0, at + 1);
    fields.set(String.fromCharCode(bytes.readUInt8(at)), bytes.toString('utf8', at + 1, stop));
    at = stop + 1;
  }
  const position = fields.get('P');
  return {
    sqlstate: fields.get('C') ?? 'XX000',
    message: fields.get('M') ?? 'error',
    where: fields.get('W') ?? '',
    position: position === undefined ? undefined : Number(position),
    table: fields.get('t'),
    column: fields.get('c'),
  };
}
