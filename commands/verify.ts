/** Builds every block again and compares: signatures, structure, states. */
import * as Flags from '@oclif/core/flags';
import { optionalWord } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { leadingBranches } from '../src/cli/leading-branches.ts';
import { verifiedLines } from '../src/cli/render/verify.ts';

export default class Verify extends AergoCommand {
  static override isBulk = true;
  static override summary = 'check everything: signatures, structure, and every transaction run again';
  static override args = { revision: optionalWord('what to check (default: all branches)') };
  static override flags = {
    fast: Flags.boolean({ default: false, description: 'run nothing again', exclusive: ['perturb'] }),
    perturb: Flags.boolean({
      default: false,
      description: 'run again with rows in another physical order, other plans and another clock: a sample',
    }),
    runs: Flags.integer({
      default: 3,
      min: 1,
      max: 1_000,
      description: 'with --perturb: how often, each time with another seed',
      helpValue: 'N',
    }),
    seed: Flags.string({ description: 'perturb as the run that printed this seed', dependsOn: ['perturb'] }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Verify);
    const revision = args.revision === undefined ? {} : { revision: args.revision };
    const seed = flags.seed === undefined ? {} : { seed: flags.seed };
    const perturb = flags.perturb && { ...seed, runs: flags.runs };
    const { report, leading } = await this.withRepository(async (repository) => {
      const done = await repository.verify({ fast: flags.fast, perturb, ...revision });
      return {
        report: done,
        leading: await leadingBranches(
          repository,
          done.branches.map((branch) => branch.name),
        ),
      };
    });
    this.print(report, () => verifiedLines(report, leading));
  }
}
