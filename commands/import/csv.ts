/** Imports the rows of a CSV file into a table, as one transaction. */
import * as Flags from '@oclif/core/flags';
import { word } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { openCsv } from '../../src/cli/csv.ts';
import { openInput } from '../../src/cli/input-file.ts';
import { blockName } from '../../src/cli/render/block.ts';
import { counted } from '../../src/cli/render/columns.ts';

export default class ImportCsv extends AergoCommand {
  static override isBulk = true;
  static override summary = 'import the rows of a CSV file into a table';
  static override description =
    'Each row is inserted: one that is there already refuses the whole import. An empty field is NULL, a quoted empty field an empty text.';
  static override usage = 'import csv [FLAGS] FILE --into TABLE';
  static override args = { file: word('the CSV file; - reads stdin') };
  static override flags = {
    into: Flags.string({ required: true, description: 'the table, as contract.table', helpValue: 'TABLE' }),
    delimiter: Flags.string({ description: 'what parts the fields: one character, or tab (,)' }),
    header: Flags.boolean({ allowNo: true, default: true, description: 'whether the first line names the columns' }),
    columns: Flags.string({
      description: "the columns' names, parted by commas, instead of the header's",
      helpValue: 'A,B,…',
    }),
    on: Flags.string({ description: 'the branch (default: the current one)', helpValue: 'BRANCH' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ImportCsv);
    const input = openInput(args.file);
    const signers = await this.signers();
    const on = flags.on === undefined ? {} : { on: flags.on };
    const sealed = await this.withRepository(async (repository) => {
      const { columns: known } = await repository.schema(flags.into, flags.on);
      const { columns, rows } = await openCsv(input, args.file, {
        delimiter: flags.delimiter ?? ',',
        header: flags.header,
        columns: flags.columns?.split(','),
        known: known.map((column) => column.name),
      });
      return repository.importRows({ table: flags.into, columns, rows, ...signers, ...on });
    });
    const { block, transaction, receipt } = sealed;
    const rows = receipt.rows ?? 0;
    this.print({ block: block ?? null, transaction, table: flags.into, rows }, () => {
      return `${block === undefined ? '' : this.style.bold(blockName(block))}   ${flags.into}: ${counted(rows, 'row')} imported`;
    });
  }
}
