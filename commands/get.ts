/** Prints one row by its key. Exit code 1 when there is none. */
import * as Flags from '@oclif/core/flags';
import { someWords, word } from '../src/cli/arguments.ts';
import { inOrder } from '../src/cli/column-order.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { aligned } from '../src/cli/render/columns.ts';
import { shownValue, visible } from '../src/cli/render/visible.ts';
import { AergoError } from '../src/errors.ts';

export default class Get extends AergoCommand {
  static override summary = 'print one row';
  static override args = {
    table: word('the table, as contract.table'),
    key: someWords('the columns of the key, in order'),
  };
  static override flags = { at: Flags.string({ description: 'as of this revision', helpValue: 'REV' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Get);
    const found = await this.withRepository(async (repository) => {
      const view = await repository.get(args.table, args.key, flags.at);
      return view === undefined
        ? undefined
        : { ...view, row: inOrder(view.row, await repository.schema(args.table, flags.at)) };
    });
    if (found === undefined) {
      const when = flags.at === undefined ? '' : ` at ${flags.at}`;
      throw new AergoError('AERGO_ROW_MISSING', `${args.table} has no row ${args.key.join(' ')}${when}`, {
        details: { table: args.table, key: args.key },
      });
    }
    this.print(found, () =>
      aligned(Object.entries(found.row).map(([column, value]) => [visible(column), shownValue(value)])),
    );
  }
}
