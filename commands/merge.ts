/** Merges a branch: its transactions run again on the current one; or its rows are merged, as was agreed on or by people. */
import * as Flags from '@oclif/core/flags';
import { optionalWord } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import type { ContinuedMerge, MergeOptions, MergeResult } from '../src/cli/face.ts';
import { mergeValue } from '../src/cli/merge-value.ts';
import { short } from '../src/cli/render/columns.ts';
import { mergeLines } from '../src/cli/render/merge.ts';
import { abortedText, movedText } from '../src/cli/render/row-merge.ts';
import { AergoError } from '../src/errors.ts';

export default class Merge extends AergoCommand {
  static override summary = 'merge another branch: run its transactions here, or merge rows as was agreed on';
  static override usage = 'merge SOURCE | merge --continue | merge --abort';
  static override args = { source: optionalWord('the branch to merge') };
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
      description: 'settle as was agreed on, whatever the contract says by now',
    }),
    continue: Flags.boolean({
      default: false,
      description: 'seal the pending merge, when all conflicts are settled',
      exclusive: ['abort', 'into', 'dry-run', 'rows', 'pinned'],
    }),
    abort: Flags.boolean({ default: false, description: 'forget the pending merge' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Merge);
    if (flags.abort) return this.#abort();
    const { into } = flags;
    const options = {
      dryRun: flags['dry-run'],
      failOnDrop: flags['fail-on-drop'],
      dropChangedResults: flags['drop-changed-results'],
      rows: flags.rows,
      pinned: flags.pinned,
      ...(into === undefined ? {} : { into }),
    };
    const result = flags.continue ? await this.#continue() : await this.#merge(args.source, options);
    this.print(mergeValue(result), () => mergeLines(result, this.style));
    const [first] = result.dropped;
    if (first !== undefined && result.block !== undefined) this.hint(`aergo receipt ${short(first.receipt.tx)}`);
    if (result.pending && !flags['dry-run']) this.hint('aergo resolve');
    if (result.pending || (flags['fail-on-drop'] && first !== undefined)) this.answerNo();
  }

  async #merge(source: string | undefined, options: Partial<MergeOptions>): Promise<MergeResult> {
    if (source === undefined) throw new AergoError('AERGO_USAGE', 'aergo merge needs SOURCE', { hint: 'aergo branch' });
    const sealer = await this.sealer();
    return this.withRepository((repository) => repository.merge({ ...options, source, sealer }));
  }

  async #continue(): Promise<ContinuedMerge> {
    const signers = await this.signers();
    const result = await this.withRepository((repository) => repository.continueMerge(signers));
    if (result.moved) this.output.note(movedText(result));
    return result;
  }

  async #abort(): Promise<void> {
    const { source, target, mode } = await this.withRepository((repository) => repository.abortMerge());
    const nothing = { applied: [], changedResults: [], dropped: [], pending: false, upToDate: false };
    this.print({ ...mergeValue({ ...nothing, mode, source, target }), aborted: true }, () =>
      abortedText({ source, target }),
    );
  }
}
