/** Lists the contracts at a revision. */
import * as Flags from '@oclif/core/flags';
import { AergoCommand } from '../../src/cli/command.ts';
import { contractLine } from '../../src/cli/render/contract.ts';

export default class ContractList extends AergoCommand {
  static override summary = 'list the contracts';
  static override flags = { at: Flags.string({ description: 'as of this revision', helpValue: 'REV' }) };

  async run(): Promise<void> {
    const { flags } = await this.parse(ContractList);
    const contracts = await this.withRepository((repository) => repository.contracts(flags.at));
    this.print({ contracts }, () => contracts.map(contractLine));
    if (contracts.length === 0)
      this.hint('aergo contract new NAME --template TEMPLATE, or aergo contract deploy FILE.sql');
  }
}
