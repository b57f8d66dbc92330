/** Looks at a contract as the gate would, without repository, engine or network. Exit code 1 when it would be refused. */
import * as Flags from '@oclif/core/flags';
import { word } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { contractNameOf } from '../../src/cli/contract-file.ts';
import { readTextFile } from '../../src/cli/input-file.ts';
import { contractLine, findingLines } from '../../src/cli/render/contract.ts';

export default class ContractCheck extends AergoCommand {
  static override summary = 'say whether a contract could be deployed';
  static override args = { file: word('the contract, an SQL file') };
  static override flags = { name: Flags.string({ description: "the contract's name (default: the file's)" }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ContractCheck);
    const name = contractNameOf(args.file, flags.name);
    const source = readTextFile(args.file);
    const { checkContract } = await import('../../src/contract/gate.ts');
    const { findings, contract } = await checkContract(source);
    this.print({ ok: findings.length === 0, file: args.file, name, findings }, () => {
      return contract === undefined || findings.length > 0
        ? findingLines(args.file, findings)
        : contractLine({ name, ...contract, tables: contract.tables.map((table) => table.name) });
    });
    if (findings.length > 0) this.answerNo();
  }
}
