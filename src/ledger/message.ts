/**
 * A block's commit message: a subject made from the header, then a line for each of the first transactions. It follows
 * from the block's content, so that `git log` reads well and nobody can write anything else there (docs/format.md).
 */
import type { BlockHeader } from './header.ts';
import type { Transaction } from './transaction.ts';

const listed = 20;
const width_codePoints = 60;

/** Control, format and separator characters as `\u{hex}`, so that a line is a line and reads as it is. */
export const escapeText = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => `\\u{${(char.codePointAt(0) ?? 0).toString(16)}}`);

export function cut(text: string): string {
  const codePoints = [...text];
  return codePoints.length <= width_codePoints ? text : `${codePoints.slice(0, width_codePoints).join('')}…`;
}

/** One line for a transaction, as in block messages, logs and merge reports. */
export function describeTransaction(transaction: Transaction): string {
  switch (transaction.kind) {
    case 'call': {
      const args = transaction.args.map((arg) => arg ?? 'NULL');
      return escapeText(cut([`${transaction.contract}.${transaction.function}`, ...args].join(' ')));
    }
    case 'deploy':
      return `deploy ${transaction.contract}`;
    case 'import':
      return `import ${transaction.table} ${transaction.rows}`;
    case 'revert':
      return `revert ${transaction.of.slice(0, 7)}`;
    case 'resolve':
      return `resolve ${transaction.choices.length}`;
  }
}

function subject(header: BlockHeader): string {
  const { applied, dropped, leftOut } = header.counts;
  const where = `Block ${header.height} on ${header.branch}`;
  if (header.kind === 'genesis') return `${where}: genesis`;
  if (header.kind === 'block') return `${where}: ${applied} ${applied === 1 ? 'transaction' : 'transactions'}`;
  const source = header.source.slice(0, header.source.lastIndexOf(':'));
  if (header.mode !== 'automatic') {
    const { conflicts = 0 } = header.counts;
    return `${where}: ${header.mode} merge of ${source}, ${conflicts} ${conflicts === 1 ? 'conflict' : 'conflicts'}`;
  }
  const rest = leftOut === 0 ? '' : `, ${leftOut} left out`;
  return `${where}: merge ${source}, ${applied} applied, ${dropped} dropped${rest}`;
}

/** The whole message, ending in LF. `transactions` are those that the block lists, in order. */
export function blockMessage(header: BlockHeader, transactions: readonly Transaction[]): string {
  const lines = transactions.slice(0, listed).map(describeTransaction);
  if (transactions.length > listed) lines.push(`and ${transactions.length - listed} more`);
  const body = lines.length === 0 ? '' : `\n${lines.join('\n')}\n`;
  return `${escapeText(subject(header))}\n${body}`;
}
