/** `show`, `tx` and `receipt`: one block, transaction or snapshot in full. */
import { describeTransaction } from '../../ledger/message.ts';
import type { BlockSummary, Receipt, Shown, Transaction, TransactionView } from '../face.ts';
import type { Style } from '../output.ts';
import { blockContent, blockName, shownBlock } from './block.ts';
import { aligned, columns, short, utc } from './columns.ts';
import { chainText, receiptText, rowNameAsKey } from './receipt.ts';
import { visible, visibleLines } from './visible.ts';

export function shownLines(shown: Shown, style: Style): string[] {
  switch (shown.kind) {
    case 'block':
      return shownBlock(shown, style);
    case 'transaction':
      return transactionLines(shown, style);
    case 'snapshot': {
      const { snapshot, block } = shown;
      return [
        style.bold(`snapshot ${visible(snapshot.name)}   ${blockName(block)}`),
        ...aligned([
          ['tagger', snapshot.tagger],
          ['time', `${utc(snapshot.time)} UTC`],
          ['block', `${block.id}   on ${visible(block.branch)}   ${blockContent(block)}`],
        ]),
      ];
    }
  }
}

export function transactionLines(
  { id, transaction, receipts, anew, reverts }: TransactionView,
  style: Style,
): string[] {
  const conditions: string[][] = [
    ...(transaction.base === undefined ? [] : [['base', transaction.base]]),
    ...(transaction.expect ?? []).map(({ table, key, version }) => [
      'expect',
      `${table} ${key.map(visible).join(' ')} at ${version ?? 'no row'}`,
    ]),
    ...(transaction.expires === undefined ? [] : [['expires', `${utc(transaction.expires)} UTC`]]),
    ...(transaction.instead === undefined ? [] : [['instead of', transaction.instead]]),
    ...(transaction.merge === false ? [['merge', 'no']] : []),
  ];
  return [
    style.bold(`tx ${short(id)}   ${visible(describeTransaction(transaction))}`),
    ...aligned([
      ['id', id],
      ['author', transaction.author],
      ['branch', visible(transaction.branch)],
      ...details(transaction),
      ...conditions,
    ]),
    ...receipts.map(({ block, receipt }) => receiptLine(block, receipt)),
    ...namedLines(anew, 'signed anew as'),
    ...namedLines(reverts, 'reverted by'),
    ...(transaction.kind === 'deploy' ? ['', visibleLines(transaction.source).trimEnd()] : []),
  ];
}

function details(transaction: Transaction): string[][] {
  if (transaction.kind === 'call')
    return transaction.args.map((argument, index) => [
      `argument ${index + 1}`,
      argument === null ? 'NULL' : visible(argument),
    ]);
  if (transaction.kind === 'revert') return [['reverts', transaction.of]];
  return transaction.kind === 'import' ? [['columns', transaction.columns.map(visible).join(', ')]] : [];
}

/** `  dropped in block 7 e51c9f0 on main     contract-error: Not enough balance` */
function receiptLine(block: BlockSummary, receipt: Receipt): string {
  return columns(`  ${receipt.status} in ${blockName(block)} on ${visible(block.branch)}`, receiptText(receipt));
}

export function receiptLines({ id, transaction, receipts, anew, reverts }: TransactionView, style: Style): string[] {
  return [
    style.bold(`tx ${short(id)}   ${visible(describeTransaction(transaction))}`),
    ...(transaction.instead === undefined ? [] : [`  instead of ${short(transaction.instead)}`]),
    ...receipts.flatMap(({ block, receipt, cause, chain = [] }) => [
      receiptLine(block, receipt),
      ...(receipt.writes ?? []).map(([table, name]) => `    wrote ${table} ${rowNameAsKey(name)}`),
      ...(cause === undefined ? [] : [`    ${chainText([{ receipt, cause }, ...chain])}`]),
    ]),
    ...namedLines(anew, 'signed anew as'),
    ...namedLines(reverts, 'reverted by'),
  ];
}

/** `  reverted by 34cd5e6 in block 9 1f2e3d4 on main` */
const namedLines = (named: TransactionView['anew'], how: string): string[] =>
  named.map(
    ({ transaction, block }) => `  ${how} ${short(transaction)} in ${blockName(block)} on ${visible(block.branch)}`,
  );
