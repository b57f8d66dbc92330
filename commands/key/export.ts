/** Prints a key file to keep elsewhere, its public half, or OpenSSH's allowed-signers lines. */
import * as Flags from '@oclif/core/flags';
import { words } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { KeyStore, readKeyFile } from '../../src/cli/key-store.ts';
import { allowedSignersLine, encodePublicKey } from '../../src/crypto/openssh.ts';
import { AergoError } from '../../src/errors.ts';

export default class KeyExport extends AergoCommand {
  static override summary = 'print a key: to back it up, or for others';
  static override description =
    'Prints the private key file of NAME: keep it where nobody else reads it. With --public its public half. With --allowed-signers the lines that `ssh-keygen -Y verify` and `git verify-commit` want, of the keys named, or of all keys that the repository knows.';
  static override args = { name: words('the keys') };
  static override flags = {
    public: Flags.boolean({ default: false, description: 'the public half only' }),
    'allowed-signers': Flags.boolean({ default: false, description: "OpenSSH's allowed-signers lines" }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KeyExport);
    const store = new KeyStore(this.environment.dataDirectory);
    const keys = (args.name ?? []).map((name) => store.find(name));
    if (flags['allowed-signers']) {
      const ids =
        keys.length > 0
          ? keys.map((key) => key.id)
          : await this.withRepository((repository) => repository.keys().map((key) => key.id));
      const lines = ids.map((id) => allowedSignersLine(id, id));
      this.print({ allowedSigners: lines }, () => lines);
      return;
    }
    const [key] = keys;
    if (key === undefined || keys.length > 1) {
      throw new AergoError('AERGO_USAGE', 'aergo key export needs the name of one key', { hint: 'aergo key list' });
    }
    const text = flags.public ? `${encodePublicKey(key.id, key.name)}\n` : readKeyFile(key.path);
    this.print({ name: key.name, id: key.id, [flags.public ? 'publicKey' : 'privateKey']: text }, () =>
      text.replace(/\n$/, ''),
    );
  }
}
