/**
 * Which transactions name which: signed anew for one that was dropped, or a revert of one. Kept as entries that are derived
 * from blocks, so that either end is found from the other.
 */
import type { BlockId, BlockReader } from './block.ts';
import { readLines } from './lines.ts';
import type { Transaction, TransactionId } from './transaction.ts';

/** A transaction that took effect in a block and names another one. */
export interface Naming {
  readonly transaction: TransactionId;
  readonly block: BlockId;
  readonly how: 'instead' | 'revert';
}

const namedKey = (id: string): string => `named/${id}/`;

/** Entries for the transactions of a block that name another one. */
export function namingEntries(reader: BlockReader, id: BlockId): { key: string; value: Naming['how'] }[] {
  const lines = readLines(reader.source, reader.block(id).entries.get('transactions'));
  return lines.flatMap((line, index) => {
    // Inside a text every quotation mark has a backslash before it: only a member looks like this.
    if (!line.includes('"instead":"') && !line.includes('"kind":"revert"')) return [];
    const transaction = JSON.parse(line) as Transaction;
    const by = reader.receipts(id)[index]?.tx;
    const entry = (named: TransactionId, value: Naming['how']) => ({ key: `${namedKey(named)}${by}/${id}`, value });
    return [
      ...(transaction.instead === undefined ? [] : [entry(transaction.instead, 'instead')]),
      ...(transaction.kind === 'revert' ? [entry(transaction.of, 'revert')] : []),
    ];
  });
}

/** Those that name this one, wherever they took effect. */
export async function namingsOf(
  entries: { derivedRange(prefix: string): AsyncIterable<readonly [string, string]> },
  transaction: TransactionId,
): Promise<Naming[]> {
  const found: Naming[] = [];
  const prefix = namedKey(transaction);
  for await (const [key, how] of entries.derivedRange(prefix)) {
    const [by, block] = key.slice(prefix.length).split('/');
    found.push({ transaction: by as TransactionId, block: block as BlockId, how: how as Naming['how'] });
  }
  return found;
}
