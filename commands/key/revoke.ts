/** Revokes a key: what it signs and seals from now on is refused everywhere. */
import * as Flags from '@oclif/core/flags';
import { word } from '../../src/cli/arguments.ts';
import { DirectoryCommand, proposeFlag } from '../../src/cli/directory-command.ts';
import { keyMeant } from '../../src/cli/key-argument.ts';
import { KeyStore } from '../../src/cli/key-store.ts';

export default class KeyRevoke extends DirectoryCommand {
  static override summary = 'revoke a key that was lost or stolen';
  static override description =
    'The key has no rights in this ledger any more. What it sealed and was published before stays good; whatever date it claims, nothing else does. To give up a key of your own for another: aergo key rotate.';
  static override args = { key: word('the key: ed25519:…, its public file, or the name of one of yours') };
  static override flags = {
    reason: Flags.string({ description: 'why, for everybody to read', required: true }),
    force: Flags.boolean({ default: false, description: 'also where blocks that it sealed are not published' }),
    ...proposeFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KeyRevoke);
    const { reason, force } = flags;
    const member = keyMeant(args.key, new KeyStore(this.environment.dataDirectory));
    await this.change(flags.propose, (repository, signed) =>
      repository.removeMember({ ...signed, member, reason, force }),
    );
  }
}
