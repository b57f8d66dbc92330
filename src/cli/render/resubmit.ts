/** What became of transactions that were submitted again. */
import { AergoError } from '../../errors.ts';
import type { ResubmitResult } from '../face.ts';
import { renderError } from '../failure.ts';
import type { Style } from '../output.ts';
import { blockName } from './block.ts';
import { columns, short } from './columns.ts';
import { receiptText } from './receipt.ts';
import { visible } from './visible.ts';

/** `block 8 1f2e3d4   91ab33d as it was signed     OK   2 rows`, or `91ab33d would be signed anew` in a dry run. */
export function resubmittedLines({ resubmitted }: ResubmitResult): string[] {
  return resubmitted.map(({ of, transaction, signedAnew, receipt, block }) => {
    if (block === undefined) {
      return columns(`would run ${short(of)} ${signedAnew ? 'signed anew' : 'as it was signed'}`, receiptText(receipt));
    }
    const how = signedAnew ? `signed anew as ${short(transaction)}` : 'as it was signed';
    return columns(`${blockName(block)}   ${short(of)} ${how}`, receiptText(receipt));
  });
}

/** `error: 91ab33d: bank.pay rejected this: Not enough balance (P0001)   AERGO_CONTRACT_REJECTED`, and its hint. */
export const notResubmittedLines = ({ rejected }: ResubmitResult, style: Style): string[] =>
  rejected.map(({ of, error: { code, message, hint } }) => {
    const told = new AergoError(code, `${short(of)}: ${visible(message)}`, hint === undefined ? {} : { hint });
    return renderError(told, style, false);
  });
