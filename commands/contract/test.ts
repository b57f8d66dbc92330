/** Runs the tests of a contract, each on the same rows. Exit code 1 when one fails. Needs no repository. */
import * as Flags from '@oclif/core/flags';
import { word } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { contractNameOf } from '../../src/cli/contract-file.ts';
import { readTextFile } from '../../src/cli/input-file.ts';
import { writeTextFile } from '../../src/cli/output-file.ts';
import { testLines } from '../../src/cli/render/contract-test.ts';
import { junitXml } from '../../src/cli/render/junit.ts';
import { testFilesOf } from '../../src/cli/test-file.ts';
import type { ContractUnderTest, TestOutcome } from '../../src/contract/contract-test.ts';

export default class ContractTest extends AergoCommand {
  static override summary = 'run the tests of a contract';
  static override description =
    'The tests are the functions test_… in FILE.test.sql beside it. Each runs by itself, on the rows of the current block, or of --on REV, or on none with --empty and where there is no ledger; nothing of them stays.';
  static override args = { file: word('the contract, an SQL file, or the file of its tests') };
  static override flags = {
    name: Flags.string({ description: "the contract's name (default: the file's)" }),
    tests: Flags.string({ description: 'the file of the tests', helpValue: 'FILE' }),
    migrate: Flags.string({ description: 'the migration that it is to be deployed with', helpValue: 'FILE' }),
    on: Flags.string({ description: 'on the rows of this revision', helpValue: 'REV' }),
    empty: Flags.boolean({ default: false, description: 'on no rows', exclusive: ['on'] }),
    junit: Flags.string({ description: "also write JUnit's XML into this file", helpValue: 'FILE' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ContractTest);
    const files = testFilesOf(args.file, flags.tests);
    const contract = {
      name: contractNameOf(files.contract, flags.name),
      source: readTextFile(files.contract),
      tests: readTextFile(files.tests),
      ...(flags.migrate === undefined ? {} : { migrate: readTextFile(flags.migrate) }),
    };
    const on = flags.on ?? (flags.empty || !this.hasRepository ? undefined : '@');
    const results =
      on === undefined ? await onNothing(contract) : await this.withRepository((one) => one.testContract(contract, on));
    const failed = results.filter(({ status }) => status === 'failed').length;
    if (flags.junit !== undefined) writeTextFile(flags.junit, junitXml(contract.name, results));
    const counts = { passed: results.length - failed, failed };
    this.print({ ok: failed === 0, ...files, name: contract.name, on: on ?? null, ...counts, results }, () =>
      testLines(results, this.style),
    );
    if (failed > 0) this.answerNo();
  }
}

async function onNothing(contract: ContractUnderTest): Promise<TestOutcome[]> {
  const { emptyPlace, testContract } = await import('../../src/contract/contract-test.ts');
  return testContract(contract, emptyPlace(Date.now()), Date.now);
}
