/** Writes a contract to begin with, and its tests, into two files: to be read, changed and deployed. */
import * as Flags from '@oclif/core/flags';
import { word } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { contractNameOf } from '../../src/cli/contract-file.ts';
import { writeNewFile } from '../../src/cli/output-file.ts';
import { templateNamed, templates } from '../../src/cli/templates.ts';
import { AergoError } from '../../src/errors.ts';

export default class ContractNew extends AergoCommand {
  static override summary = 'begin a contract from a template';
  static override args = { name: word("the contract's name: NAME.sql and NAME.test.sql are written here") };
  static override flags = {
    template: Flags.string({
      description: 'the contract to begin with: aergo contract templates',
      helpValue: 'TEMPLATE',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ContractNew);
    const name = contractNameOf('', args.name);
    const template = flags.template ?? noTemplate();
    const { source, tests, summary } = templateNamed(template);
    const files = { contract: `${name}.sql`, tests: `${name}.test.sql` };
    writeNewFile(files.contract, source);
    writeNewFile(files.tests, tests);
    this.print({ name, template, ...files }, () => [`wrote ${files.contract}   ${summary}`, `wrote ${files.tests}`]);
    this.output.note(`  next: aergo contract test ${files.contract}   then: aergo contract deploy ${files.contract}`);
  }
}

function noTemplate(): never {
  const names = templates().map(({ name }) => name);
  throw new AergoError('AERGO_USAGE', `aergo contract new needs --template: ${names.join(', ')}`, {
    hint: 'aergo contract templates',
  });
}
