/** Shows a contract: its functions with their arguments, or its whole source. */
import * as Flags from '@oclif/core/flags';
import { word } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { contractDetails } from '../../src/cli/render/contract.ts';
import { visibleLines } from '../../src/cli/render/visible.ts';

export default class ContractShow extends AergoCommand {
  static override summary = 'show a contract';
  static override args = { name: word('the contract') };
  static override flags = {
    at: Flags.string({ description: 'as of this revision', helpValue: 'REV' }),
    source: Flags.boolean({ default: false, description: 'the source as it was deployed' }),
    migration: Flags.boolean({
      default: false,
      description: 'the migration that came with it',
      exclusive: ['source'],
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ContractShow);
    const contract = await this.withRepository((repository) => repository.contract(args.name, flags.at));
    this.print({ contract }, () => {
      if (!flags.source && !flags.migration) return contractDetails(contract);
      const text = flags.source ? contract.text : (contract.migrate ?? '-- it came without a migration');
      return visibleLines(text).replace(/\n$/, '');
    });
  }
}
