/** Prints who stands behind each value of a row, or of all rows of a table. Exit code 1 when there is no such row. */
import * as Flags from '@oclif/core/flags';
import { word, words } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import type { BlamedRow } from '../src/cli/face.ts';
import { blameLines } from '../src/cli/render/blame.ts';

export default class Blame extends AergoCommand {
  static override summary = 'print which transaction gave each column of a row its value';
  static override description =
    'Through merges of every kind. Without a key: of all rows of the table. Where several transactions of a block wrote the row, the block is run again to tell them apart.';
  static override args = {
    table: word('the table, as contract.table'),
    key: words('the columns of the key, in order'),
  };
  static override flags = {
    at: Flags.string({ description: 'as of this revision', helpValue: 'REV' }),
    jsonl: Flags.boolean({ default: false, description: 'one JSON object a row' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Blame);
    await this.withRepository(async (repository) => {
      const rows = repository.blame(args.table, args.key ?? [], flags.at);
      if (flags.jsonl) await this.printEach(rows);
      else if (!this.output.options.json) await this.printLines(blameLines(args.table, rows, this.style));
      else {
        const all: BlamedRow[] = [];
        for await (const row of rows) all.push(row);
        this.print({ table: args.table, rows: all }, () => []);
      }
    });
  }
}
