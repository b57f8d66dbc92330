/** Compares the rows of two blocks. */
import * as Flags from '@oclif/core/flags';
import { words } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { compare, comparisonLines } from '../src/cli/compare.ts';
import { readRevisionWords } from '../src/cli/revision-words.ts';

export default class Diff extends AergoCommand {
  static override summary = 'compare the rows of two blocks';
  static override description =
    'Without a revision: what the last block changed. With one: from there to the current block. REV1..REV2 is the same as REV1 REV2.';
  static override usage = 'diff [REV [REV] | REV1..REV2] [TABLE]';
  static override args = { words: words('up to two revisions; then a table') };
  static override flags = {
    stat: Flags.boolean({ default: false, description: 'how many rows differ in each table' }),
    'exit-code': Flags.boolean({ default: false, description: 'exit with 1 when anything differs' }),
    jsonl: Flags.boolean({ default: false, description: 'one JSON object a row' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Diff);
    await this.withRepository(async (repository) => {
      const { revisions, table } = await readRevisionWords(args.words ?? [], 2, repository);
      const comparison = compare(repository, revisions, table);
      if (flags.jsonl) await this.printEach(comparison.rows());
      else if (this.output.options.json) this.print(await comparison.asJson(flags.stat), () => []);
      else await this.printLines(comparisonLines(comparison, flags.stat, this.style));
      if (flags['exit-code'] && comparison.differs) this.answerNo();
    });
  }
}
