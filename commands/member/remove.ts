/** Revokes all keys of a member, from the next version of the directory on. */
import * as Flags from '@oclif/core/flags';
import { word } from '../../src/cli/arguments.ts';
import { DirectoryCommand, proposeFlag } from '../../src/cli/directory-command.ts';

export default class MemberRemove extends DirectoryCommand {
  static override summary = 'revoke a member';
  static override description =
    'The keys of the member have no rights any more; what they signed and sealed before stays good. A revoked key stays revoked.';
  static override args = { name: word('the member, or one key: ed25519:…') };
  static override flags = {
    reason: Flags.string({ default: 'removed', description: 'why, for everybody to read' }),
    force: Flags.boolean({ default: false, description: 'also where blocks that it sealed are not published' }),
    ...proposeFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(MemberRemove);
    const { reason, force } = flags;
    await this.change(flags.propose, (repository, signed) =>
      repository.removeMember({ ...signed, member: args.name, reason, force }),
    );
  }
}
