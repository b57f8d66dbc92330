/** Merges a branch: its transactions run again on the current one; or its rows are merged, as was agreed on or by people. */
import { optionalWord } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import type { ContinuedMerge, MergeOptions, MergeResult } from '../src/cli/face.ts';
import { mergeFlags } from '../src/cli/merge-flags.ts';
import { mergeValue } from '../src/cli/merge-value.ts';
import { short } from '../src/cli/render/columns.ts';
import { mergeLines } from '../src/cli/render/merge.ts';
import { abortedText, movedText } from '../src/cli/render/row-merge.ts';
import { AergoError } from '../src/errors.ts';

export default class Merge extends AergoCommand {
  static override summary = 'merge another branch: run its transactions here, or merge rows as was agreed on';
  static override usage = 'merge SOURCE | merge --explain [SOURCE|BLOCK] | merge --continue | merge --abort';
  static override args = { source: optionalWord('the branch to merge') };
  static override flags = mergeFlags;

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
    if (flags.explain) return this.#explain(args.source, options);
    const result = flags.continue ? await this.#continue() : await this.#merge(args.source, options);
    this.print(mergeValue(result), () => mergeLines(result, this.style));
    const [first] = result.dropped;
    if (first !== undefined && result.block !== undefined) {
      const id = short(first.receipt.tx);
      this.hint(`aergo receipt ${id} · aergo resubmit ${id}`);
    }
    if (result.pending && !flags['dry-run']) this.hint('aergo resolve');
    if (result.pending || (flags['fail-on-drop'] && first !== undefined)) this.answerNo();
  }

  async #merge(source: string | undefined, options: Partial<MergeOptions>): Promise<MergeResult> {
    if (source === undefined) throw new AergoError('AERGO_USAGE', 'aergo merge needs SOURCE', { hint: 'aergo branch' });
    const sealer = await this.sealer();
    return this.withRepository((repository) => repository.merge({ ...options, source, sealer }));
  }

  /** Of the source as it would be merged, of a merge block, or of the last merge. */
  async #explain(merge: string | undefined, options: Partial<MergeOptions>): Promise<void> {
    const what = merge === undefined ? {} : { merge };
    const result = await this.withRepository((repository) => repository.explainMerge({ ...what, ...options }));
    this.print(mergeValue(result), () => mergeLines(result, this.style));
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
