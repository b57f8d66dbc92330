/** Calls a function of a contract: signs the call, runs it, and seals it in a block. */
import * as Flags from '@oclif/core/flags';
import { repeated, word, words } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { parseExpectation, parseJsonArguments, parseTime } from '../src/cli/flag-values.ts';
import { withRejectionHint } from '../src/cli/rejection-hint.ts';
import { callLines } from '../src/cli/render/call.ts';
import { AergoError } from '../src/errors.ts';
import { splitQualifiedName } from '../src/ledger/names.ts';

export default class Call extends AergoCommand {
  static override summary = 'call a function of a contract';
  static override description = 'Everything after CONTRACT.FUNCTION is an argument, also -5: flags stand before it.';
  static override usage = 'call [FLAGS] CONTRACT.FUNCTION [ARG…]';
  static override args = { function: word('contract.function'), arguments: words("the function's arguments") };
  static override flags = {
    args: Flags.string({ description: 'the arguments as a JSON array, for NULL', helpValue: 'JSON' }),
    on: Flags.string({ description: 'the branch (default: the current one)', helpValue: 'BRANCH' }),
    'dry-run': Flags.boolean({ default: false, description: 'say what it would do, and write nothing' }),
    base: Flags.string({ description: 'only if what it writes is as at REV', helpValue: 'REV' }),
    expect: Flags.string({
      ...repeated,
      multipleNonGreedy: true,
      description: 'only if the row is at this version',
      helpValue: 'TABLE/KEY@VERSION',
    }),
    expires: Flags.string({ description: 'not after this time, such as +10m', helpValue: 'TIME' }),
    'no-merge': Flags.boolean({ default: false, description: 'no merge may carry it to another branch' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Call);
    const { contract, name } = splitQualifiedName(args.function, 'function');
    if (flags.args !== undefined && args.arguments !== undefined) {
      throw new AergoError('AERGO_USAGE', 'The arguments are given twice, in --args and behind the function.');
    }
    const callArguments = flags.args === undefined ? (args.arguments ?? []) : parseJsonArguments(flags.args);
    const conditions = {
      ...(flags.on === undefined ? {} : { on: flags.on }),
      ...(flags.base === undefined ? {} : { base: flags.base }),
      ...(flags.expect === undefined ? {} : { expect: flags.expect.map(parseExpectation) }),
      ...(flags.expires === undefined ? {} : { expires: parseTime(flags.expires, Date.now()) }),
      ...(flags['no-merge'] ? { merge: false as const } : {}),
    };
    const signers = await this.signers();
    const sealed = await this.withRepository((repository) =>
      withRejectionHint(repository, { contract, args: callArguments, at: flags.on }, () =>
        repository.call({
          contract,
          function: name,
          args: callArguments,
          ...conditions,
          ...signers,
          dryRun: flags['dry-run'],
        }),
      ),
    );
    const { block, transaction, receipt } = sealed;
    this.print({ transaction, block: block ?? null, ...receipt }, () => callLines(sealed, this.style));
  }
}
