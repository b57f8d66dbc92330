/** Sends blocks to a remote and moves its branches forward. */
import * as Flags from '@oclif/core/flags';
import { repeated, words } from '../src/cli/arguments.ts';
import { askYesOrNo } from '../src/cli/prompt.ts';
import { leases, pushedRefs, withBareLeases } from '../src/cli/push-refs.ts';
import { RemoteCommand } from '../src/cli/remote-command.ts';
import { pushLines } from '../src/cli/render/remote.ts';
import { AergoError } from '../src/errors.ts';

export default class Push extends RemoteCommand {
  static override summary = 'send blocks to a remote, and move its branches forward';
  static override description =
    'Without names the current branch is pushed under its own name. A branch at the remote only moves forward: where others were quicker, aergo pull runs your blocks again on top of theirs. Blocks of other branches that everybody could read at the remote from then on are counted and asked for; --disclose says yes beforehand.';
  static override usage = 'push [FLAGS] [REMOTE [REF…]]';
  static override args = {
    remote: words('the remote (default: origin), then what to push: BRANCH, SOURCE:BRANCH or tags/SNAPSHOT'),
  };
  static override flags = {
    atomic: Flags.boolean({ default: false, description: 'move all of them or none' }),
    delete: Flags.boolean({ default: false, description: 'delete them at the remote' }),
    'force-with-lease': Flags.string({
      ...repeated,
      description:
        'at a plain Git place: let REF, or all, move in any direction if it stands where you saw it last, or at BLOCK',
      helpValue: '[REF[:BLOCK]]',
    }),
    'push-option': Flags.string({ char: 'o', ...repeated, description: 'a text for the remote', helpValue: 'TEXT' }),
    disclose: Flags.boolean({ default: false, description: 'let everybody read blocks of other branches' }),
  };

  protected override async init(): Promise<void> {
    this.argv = withBareLeases(this.argv);
    await super.init();
  }

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Push);
    const [access, { key }] = await Promise.all([this.access(), this.signers()]);
    const [named, ...refs] = args.remote ?? [];
    const report = await this.withRepository((repository) => {
      const remote = this.remoteName(repository, named);
      const pushed = pushedRefs(refs, repository.head.branch, flags.delete);
      return repository.push(remote, {
        access,
        key,
        refs: pushed,
        atomic: flags.atomic,
        lease: leases(flags['force-with-lease'] ?? [], pushed, (branch) => repository.tracked(remote, branch)),
        ...(flags['push-option'] === undefined ? {} : { options: flags['push-option'] }),
        disclose: (blocks) => this.#disclose(blocks, flags.disclose),
      });
    });
    const { directory } = report;
    const refused = [...report.refs, { target: 'the directory', refused: directory?.refused }].find(
      (one) => one.refused !== undefined,
    );
    // One line of JSON, which is the error's where there is one.
    if (refused === undefined || !this.output.options.json) this.print(report, () => pushLines(report));
    if (refused === undefined) return;
    throw new AergoError('AERGO_PUSH_REFUSED', `${report.remote} refused ${refused.target}: ${refused.refused}`, {
      details: { ...report },
    });
  }

  async #disclose(blocks: ReadonlyMap<string, number>, mayBe: boolean): Promise<void> {
    const told = [...blocks].map(([branch, count]) => `${count} of ${branch}`).join(', ');
    const question = `blocks of other branches become readable for everybody: ${told}. Push them?`;
    if (mayBe || (await askYesOrNo(question, this.canAsk))) return;
    throw new AergoError(
      'AERGO_PUSH_DISCLOSES',
      `blocks of other branches would become readable for everybody: ${told}`,
      {
        hint: 'nothing was sent; aergo push --disclose says that they may',
        details: Object.fromEntries(blocks),
      },
    );
  }
}
