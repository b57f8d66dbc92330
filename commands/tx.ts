/** Shows a transaction as it was signed, and what became of it. */
import { word } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { transactionLines } from '../src/cli/render/shown.ts';

export default class Tx extends AergoCommand {
  static override summary = 'show a transaction';
  static override args = { transaction: word("the transaction's id or its beginning") };

  async run(): Promise<void> {
    const { args } = await this.parse(Tx);
    const shown = await this.withRepository((repository) => repository.transaction(args.transaction));
    this.print(shown, () => transactionLines(shown, this.style));
  }
}
