/** Merges a branch: runs its transactions again on the current branch, and drops those that do not fit. */
import * as Flags from '@oclif/core/flags';
import { word } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { short } from '../src/cli/render/columns.ts';
import { mergeLines } from '../src/cli/render/merge.ts';

export default class Merge extends AergoCommand {
  static override summary = 'run the transactions of another branch on this one';
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
        ...(flags.into === undefined ? {} : { into: flags.into }),
      }),
    );
    const { block = null, dropped } = result;
    this.print(
      {
        ...result,
        block,
        dropped: dropped.map((entry) => ({
          ...entry.receipt,
          transaction: entry.transaction,
          ...(entry.cause ? { cause: entry.cause } : {}),
        })),
      },
      () => mergeLines(result, this.style),
    );
    const [first] = dropped;
    if (first !== undefined && result.block !== undefined) this.hint(`aergo receipt ${short(first.receipt.tx)}`);
    if (flags['fail-on-drop'] && first !== undefined) this.answerNo();
  }
}
