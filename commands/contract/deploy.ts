/** Deploys a contract. */
import * as Flags from '@oclif/core/flags';
import { word } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { contractNameOf } from '../../src/cli/contract-file.ts';
import { readTextFile } from '../../src/cli/input-file.ts';
import { blockName } from '../../src/cli/render/block.ts';
import { counted } from '../../src/cli/render/columns.ts';
import { contractLine } from '../../src/cli/render/contract.ts';

export default class ContractDeploy extends AergoCommand {
  static override summary = 'deploy a contract';
  static override args = { file: word('the contract, an SQL file; - reads stdin') };
  static override flags = {
    name: Flags.string({ description: "the contract's name (default: the file's)" }),
    on: Flags.string({ description: 'the branch (default: the current one)', helpValue: 'BRANCH' }),
    migrate: Flags.string({
      description: 'over a contract whose tables change: what becomes of their rows, an SQL file',
      helpValue: 'FILE',
    }),
    'dry-run': Flags.boolean({ default: false, description: 'say what would be deployed, and write nothing' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ContractDeploy);
    const name = contractNameOf(args.file, flags.name);
    const source = readTextFile(args.file);
    const migration = flags.migrate === undefined ? {} : { migrate: readTextFile(flags.migrate) };
    const signers = await this.signers();
    const on = flags.on === undefined ? {} : { on: flags.on };
    const { contract, block, transaction, receipt } = await this.withRepository((repository) =>
      repository.deploy({ name, source, ...migration, ...signers, ...on, dryRun: flags['dry-run'] }),
    );
    this.print({ block: block ?? null, transaction, ...receipt, contract }, () => {
      const place = block === undefined ? 'would deploy' : this.style.bold(blockName(block));
      const rows =
        receipt.rows === undefined || receipt.rows === 0 ? '' : `   ${counted(receipt.rows, 'row')} migrated`;
      return `${place}   ${contractLine(contract)}${rows}`;
    });
  }
}
