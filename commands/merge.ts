/** Merges a branch: its transactions run again on the current one; or its rows are merged, as was agreed on or by people. */
import * as Flags from '@oclif/core/flags';
import { word } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { conflictValue } from '../src/cli/conflict-value.ts';
import { short } from '../src/cli/render/columns.ts';
import { mergeLines } from '../src/cli/render/merge.ts';

export default class Merge extends AergoCommand {
  static override summary =
    'merge another branch into this one: run its transactions here, or merge rows as was agreed on';
  static override args = { source: word('the branch to merge') };
  static override flags = {
    into: Flags.string({ description: 'the branch to merge into (default: the current one)', helpValue: 'BRANCH' }),
    'dry-run': Flags.boolean({ default: false, description: 'say what would happen, and write nothing' }),
    'fail-on-drop': Flags.boolean({
      default: false,
      description: 'seal nothing, and exit with 1, when a transaction would be dropped',
    }),
    'drop-changed-results': Flags.boolean({
      default: false,
      description: 'drop also what would apply with another result',
    }),
    rows: Flags.boolean({ default: false, description: 'merge row by row, with people settling conflicts' }),
    pinned: Flags.boolean({
      default: false,
      description: 'let conflicts be settled as was agreed on, where the contract is another one by now',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Merge);
    const sealer = await this.sealer();
    const result = await this.withRepository((repository) =>
      repository.merge({
        source: args.source,
        sealer,
        dryRun: flags['dry-run'],
        failOnDrop: flags['fail-on-drop'],
        dropChangedResults: flags['drop-changed-results'],
        rows: flags.rows,
        pinned: flags.pinned,
        ...(flags.into === undefined ? {} : { into: flags.into }),
      }),
    );
    const { block = null, dropped, conflicts } = result;
    this.print(
      {
        ...result,
        block,
        dropped: dropped.map((entry) => ({
          ...entry.receipt,
          transaction: entry.transaction,
          ...(entry.cause ? { cause: entry.cause } : {}),
        })),
        ...(conflicts && { conflicts: { ...conflicts, left: conflicts.left.map(conflictValue) } }),
      },
      () => mergeLines(result, this.style),
    );
    const [first] = dropped;
    if (first !== undefined && result.block !== undefined) this.hint(`aergo receipt ${short(first.receipt.tx)}`);
    if (result.pending) this.hint('aergo resolve --list');
    if (result.pending || (flags['fail-on-drop'] && first !== undefined)) this.answerNo();
  }
}
