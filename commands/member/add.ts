/** Makes a key a member's, or gives a member's key another name and other roles. */
import * as Flags from '@oclif/core/flags';
import { repeated, word } from '../../src/cli/arguments.ts';
import { DirectoryCommand, proposeFlag } from '../../src/cli/directory-command.ts';
import { keyMeant } from '../../src/cli/key-argument.ts';
import { KeyStore } from '../../src/cli/key-store.ts';

export default class MemberAdd extends DirectoryCommand {
  static override summary = 'make a key a member’s, or change what it may do';
  static override description =
    'Roles: read, write (sign transactions), seal (make blocks), merge, publish (move heads: a server’s own key), admin. seal:BRANCH and merge:BRANCH are for one branch, with BRANCH/* for all below that name.';
  static override args = {
    name: word('what the member is called'),
    key: word('the key: ed25519:…, a public key as OpenSSH has it, its file, or the name of one of yours'),
  };
  static override flags = {
    role: Flags.string({ description: 'what it may do; more than once for more', ...repeated, required: true }),
    ...proposeFlag,
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(MemberAdd);
    const member = keyMeant(args.key, new KeyStore(this.environment.dataDirectory));
    await this.change(flags.propose, (repository, signed) =>
      repository.addMember({ ...signed, name: args.name, member, roles: flags.role }),
    );
  }
}
