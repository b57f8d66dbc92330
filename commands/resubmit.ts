/** Runs transactions again that a merge dropped or a pull left out: as they were signed, or signed anew by their author. */
import * as Flags from '@oclif/core/flags';
import { someWords } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { errorMembers } from '../src/cli/failure.ts';
import { parseTime } from '../src/cli/flag-values.ts';
import { notResubmittedLines, resubmittedLines } from '../src/cli/render/resubmit.ts';
import { exitCodes } from '../src/errors.ts';

export default class Resubmit extends AergoCommand {
  static override summary = 'run transactions again that a merge dropped or a pull left out';
  static override description =
    'Each runs as it was signed where its conditions hold now; else its author signs it anew, with the rows as they are now, and of the two one takes effect.';
  static override usage = 'resubmit [FLAGS] TX…';
  static override args = { tx: someWords('the ids of the transactions or their beginnings') };
  static override flags = {
    on: Flags.string({
      description: 'the branch that they are missing on (default: the current one)',
      helpValue: 'BRANCH',
    }),
    expires: Flags.string({ description: 'what is signed anew: not after this time, such as +10m', helpValue: 'TIME' }),
    'dry-run': Flags.boolean({ default: false, description: 'say what would happen, and write nothing' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Resubmit);
    const options = {
      transactions: args.tx,
      dryRun: flags['dry-run'],
      ...(flags.on === undefined ? {} : { on: flags.on }),
      ...(flags.expires === undefined ? {} : { expires: parseTime(flags.expires, Date.now()) }),
      ...(await this.signers()),
    };
    const result = await this.withRepository((repository) => repository.resubmit(options));
    const { resubmitted, rejected } = result;
    const [first] = rejected;
    if (first !== undefined && rejected.length + resubmitted.length === 1) throw first.error;
    this.print(
      {
        resubmitted: resubmitted.map((one) => ({ ...one, block: one.block ?? null })),
        rejected: rejected.map(({ of, error }) => ({ of, error: errorMembers(error) })),
      },
      () => resubmittedLines(result),
    );
    if (first === undefined) return;
    if (!this.output.options.json)
      for (const line of notResubmittedLines(result, this.style)) this.output.complain(line);
    process.exitCode = exitCodes.rejected;
  }
}
