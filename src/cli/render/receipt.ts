/** Receipts and the causes of drops, in words. */
import type { DropCause, Receipt } from '../face.ts';
import { counted, short } from './columns.ts';
import { shownValue, visible } from './visible.ts';

/** What became of a transaction: `OK   2 rows`, or `contract-error: Not enough balance`. */
export function receiptText(receipt: Receipt): string {
  if (receipt.status === 'applied') {
    const rows = counted(receipt.rows ?? receipt.writes?.length ?? 0, 'row');
    return receipt.result === undefined ? rows : `${visible(receipt.result)}   ${rows}`;
  }
  if (receipt.code === undefined) return receipt.status;
  return `${receipt.code}${reason(receipt)}`;
}

function reason({ message, sqlstate, row, expected, found }: Receipt): string {
  if (message !== undefined) return `: ${visible(message)}`;
  const place = row === undefined ? '' : `${row[0]} ${rowNameAsKey(row[1])}`;
  if (expected !== undefined || found !== undefined) {
    return `: ${place} is at ${versionText(found)}, not at ${versionText(expected)}`;
  }
  if (place !== '') return `: ${place}`;
  return sqlstate === undefined ? '' : ` (${sqlstate})`;
}

const versionText = (version: string | null | undefined): string =>
  version === null || version === undefined ? 'no row' : short(version);

/**
 * A row's name (format.md, *Rows*) as its key reads: each key column ends with `-`, and other bytes stand as two hex
 * digits behind `.`, `@`, `_` or `~`. Integers keep their coded form, which only the table's schema can undo.
 */
export function rowNameAsKey(name: string): string {
  const columns = name.replace(/-$/, '').split('-');
  return columns.map((column) => shownValue(decodeName(column))).join(' ');
}

function decodeName(column: string): string {
  const bytes: number[] = [];
  for (let index = 0; index < column.length; index++) {
    if ('.@_~'.includes(column[index] ?? '')) {
      bytes.push(Number.parseInt(column.slice(index + 1, index + 3), 16));
      index += 2;
    } else {
      bytes.push(column.charCodeAt(index));
    }
  }
  return Buffer.from(bytes).toString('utf8');
}

/** `bank.accounts alice was changed by 03fe81c on main, block 6`, or `dropped because 91ab33d was dropped`. */
export function causeText(cause: DropCause): string {
  const by = cause.transaction === undefined ? 'a merge of rows' : short(cause.transaction);
  if (cause.kind === 'pool') return `dropped because ${by} was dropped`;
  const where = `${by} on ${visible(cause.branch)}, block ${cause.height}`;
  const [row, ...more] = cause.rows ?? [];
  if (row === undefined) return `it fails since ${where}`;
  const others = more.length === 0 ? '' : ` and ${counted(more.length, 'other row')}`;
  return `${row[0]} ${rowNameAsKey(row[1])}${others} ${more.length === 0 ? 'was' : 'were'} changed by ${where}`;
}

/** Links of a chain that are written out; where it is longer, its end follows. */
const shownLinks = 3;

/** A drop and those that it hangs on: `dropped because 91ab33d was dropped, because bank.accounts alice was changed by …`. */
export function chainText(links: readonly { readonly receipt: Receipt; readonly cause?: DropCause }[]): string {
  const last = links.at(-1);
  if (last === undefined) return '';
  const end = last.cause === undefined ? receiptText(last.receipt) : causeText(last.cause);
  const [first, ...more] = links.slice(1, shownLinks + 1).map(({ receipt }) => `${short(receipt.tx)} was dropped`);
  if (first === undefined) return end;
  const skipped = links.length > shownLinks + 1 ? [`and so on to ${short(last.receipt.tx)}`] : [];
  return [`dropped because ${first}`, ...more.map((text) => `because ${text}`), ...skipped, `because ${end}`].join(
    ', ',
  );
}
