/** Submits transactions, signed or to be signed, one JSON object a line. Seals what is good, lists what is not. */
import * as Flags from '@oclif/core/flags';
import { word } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { errorMembers } from '../src/cli/failure.ts';
import { parseCount } from '../src/cli/flag-values.ts';
import { linesOf, openInput } from '../src/cli/input-file.ts';
import { rejectedLines, submittedLines } from '../src/cli/render/submit.ts';
import { exitCodes } from '../src/errors.ts';

const longestLine = 4_194_304;
const largestBlock = 100_000;

export default class Submit extends AergoCommand {
  static override isBulk = true;
  static override summary = 'submit transactions from a file, thousands at once';
  static override args = { file: word('the transactions, one JSON object a line; - reads stdin') };
  static override flags = {
    on: Flags.string({ description: 'the branch (default: the current one)', helpValue: 'BRANCH' }),
    'block-size': Flags.string({ description: 'transactions in a block (1000)', helpValue: 'N' }),
    'dry-run': Flags.boolean({ default: false, description: 'say what would happen, and write nothing' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Submit);
    const blockSize =
      flags['block-size'] === undefined
        ? {}
        : { blockSize: parseCount(flags['block-size'], '--block-size', largestBlock) };
    const input = openInput(args.file);
    const { key, sealer = key } = await this.signers();
    const on = flags.on === undefined ? {} : { on: flags.on };
    const result = await this.withRepository((repository) =>
      repository.submit(linesOf(input, args.file, longestLine), {
        key,
        sealer,
        ...on,
        ...blockSize,
        dryRun: flags['dry-run'],
      }),
    );
    const rejected = result.rejected.map(({ error, ...rest }) => ({ ...rest, error: errorMembers(error) }));
    this.print({ ...result, rejected }, () => submittedLines(result, flags['dry-run'], this.style));
    if (!this.output.options.json) for (const line of rejectedLines(result, args.file)) this.output.complain(line);
    if (result.rejected.length > 0) process.exitCode = exitCodes.rejected;
  }
}
