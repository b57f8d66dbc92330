/** Runs a query as of a revision. */
import * as Flags from '@oclif/core/flags';
import { word } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { withTableHint } from '../src/cli/query-hint.ts';
import { counted } from '../src/cli/render/columns.ts';
import { type QueryFormat, queryFormats, renderQuery } from '../src/cli/render/table.ts';

export default class Query extends AergoCommand {
  static override summary = 'run a SELECT';
  static override args = { sql: word('one SELECT, VALUES or WITH statement') };
  static override flags = {
    at: Flags.string({ description: 'as of this revision', helpValue: 'REV' }),
    format: Flags.string({ options: [...queryFormats], default: 'table', description: 'how to print the rows' }),
    jsonl: Flags.boolean({ default: false, description: 'one JSON object a row (as --format ndjson)' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Query);
    const result = await this.withRepository((repository) =>
      withTableHint(repository, flags.at, () => repository.query(args.sql, flags.at)),
    );
    const wanted = queryFormats.find((candidate) => candidate === flags.format) ?? 'table';
    const format: QueryFormat = flags.jsonl ? 'ndjson' : wanted;
    this.print(result, () => renderQuery(result, format, this.style));
    if (result.more) this.output.complain(`these are the first ${counted(result.rows.length, 'row')}: there are more`);
  }
}
