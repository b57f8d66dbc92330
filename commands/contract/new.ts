/** Writes a contract to begin with, and its tests, into two files: to be read, changed and deployed. */
import * as Flags from '@oclif/core/flags';
import { word } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { contractNameOf } from '../../src/cli/contract-file.ts';
import { writeNewFile } from '../../src/cli/output-file.ts';
import { resolverNamed, templateNamed, templates } from '../../src/cli/templates.ts';
import { AergoError } from '../../src/errors.ts';

export default class ContractNew extends AergoCommand {
  static override summary = 'begin a contract from a template';
  static override args = { name: word("the contract's name: NAME.sql and NAME.test.sql are written here") };
  static override flags = {
    template: Flags.string({
      description: 'the contract to begin with: aergo contract templates',
      helpValue: 'TEMPLATE',
    }),
    resolver: Flags.string({
      description: 'a function resolve(…) that settles conflicts of merges, put behind it; without --template alone',
      helpValue: 'RESOLVER',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ContractNew);
    const name = contractNameOf('', args.name);
    const { template, resolver } = flags;
    const parts = [
      ...(template === undefined ? [] : [templateNamed(template)]),
      ...(resolver === undefined ? [] : [resolverNamed(resolver)]),
    ];
    if (parts.length === 0) throw noTemplate();
    const files = { contract: `${name}.sql`, tests: `${name}.test.sql` };
    writeNewFile(files.contract, parts.map(({ source }) => source).join('\n'));
    writeNewFile(files.tests, parts.map(({ tests }) => tests).join('\n'));
    const summaries = parts.map(({ summary }) => summary).join('   ');
    const chosen = { ...(template !== undefined && { template }), ...(resolver !== undefined && { resolver }) };
    this.print({ name, ...chosen, ...files }, () => [`wrote ${files.contract}   ${summaries}`, `wrote ${files.tests}`]);
    this.output.note(`  next: aergo contract test ${files.contract}   then: aergo contract deploy ${files.contract}`);
  }
}

function noTemplate(): AergoError {
  const names = templates().map(({ name }) => name);
  return new AergoError('AERGO_USAGE', `aergo contract new needs --template: ${names.join(', ')}`, {
    hint: 'aergo contract templates',
  });
}
