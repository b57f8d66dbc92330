/** Says what became of a transaction in each block that lists it; of a dropped one also why, found by running again. */
import { word } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { receiptLines } from '../src/cli/render/shown.ts';

export default class ReceiptCommand extends AergoCommand {
  static override summary = 'say what became of a transaction, and why';
  static override args = { transaction: word("the transaction's id or its beginning") };

  async run(): Promise<void> {
    const { args } = await this.parse(ReceiptCommand);
    const shown = await this.withRepository((repository) => repository.receipt(args.transaction));
    this.print(shown, () => receiptLines(shown, this.style));
  }
}
