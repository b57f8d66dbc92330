/** Says beforehand what a deployment would change: definitions, tables, rows. Writes nothing, and needs no key. */
import * as Flags from '@oclif/core/flags';
import { word } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { contractNameOf } from '../../src/cli/contract-file.ts';
import { readTextFile } from '../../src/cli/input-file.ts';
import { contractDifferenceLines } from '../../src/cli/render/contract-difference.ts';
import { countDifference } from '../../src/cli/render/difference.ts';

export default class ContractDiff extends AergoCommand {
  static override summary = 'say what deploying a contract would change';
  static override args = { file: word('the contract, an SQL file; - reads stdin') };
  static override flags = {
    name: Flags.string({ description: "the contract's name (default: the file's)" }),
    migrate: Flags.string({ description: 'the migration that it is to be deployed with', helpValue: 'FILE' }),
    at: Flags.string({ description: 'as of this revision', helpValue: 'REV' }),
    stat: Flags.boolean({ default: false, description: 'how many rows differ in each table' }),
    'exit-code': Flags.boolean({ default: false, description: 'exit with 1 when anything differs' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ContractDiff);
    const name = contractNameOf(args.file, flags.name);
    const source = readTextFile(args.file);
    const migration = flags.migrate === undefined ? {} : { migrate: readTextFile(flags.migrate) };
    const at = flags.at === undefined ? {} : { at: flags.at };
    await this.withRepository(async (repository) => {
      const difference = await repository.contractDiff({ name, source, ...migration, ...at });
      const { isNew, definitions, refused } = difference;
      if (refused !== undefined) {
        // Who reads it sees what is defined otherwise, and why that is not all.
        if (!this.output.options.json)
          this.print({}, () => contractDifferenceLines(difference, flags.stat, this.style));
        throw refused;
      }
      const tables = () =>
        [...difference.tables].map(({ table, schemaChanged, rows }) =>
          flags.stat ? { table, schemaChanged, ...countDifference(rows) } : { table, schemaChanged, rows: [...rows] },
        );
      if (this.output.options.json) this.print({ name, isNew, definitions, tables: tables() }, () => []);
      else this.print({}, () => contractDifferenceLines(difference, flags.stat, this.style));
      if (flags['exit-code'] && definitions.length > 0) this.answerNo();
    });
  }
}
