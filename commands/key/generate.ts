/** Makes a key and keeps it in the user's key directory. */
import { randomBytes } from 'node:crypto';
import * as Flags from '@oclif/core/flags';
import { optionalWord } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { checkKeyName, KeyStore } from '../../src/cli/key-store.ts';
import { askSecret } from '../../src/cli/prompt.ts';
import { madeKey } from '../../src/cli/render/key.ts';
import { signingKeyFromSeed } from '../../src/crypto/key.ts';

export default class KeyGenerate extends AergoCommand {
  static override summary = 'make a key';
  static override args = { name: optionalWord('what to call it (default: your user name)') };
  static override flags = {
    passphrase: Flags.boolean({
      default: false,
      description: 'ask for a passphrase (or take AERGO_KEY_PASSPHRASE) and encrypt the file with it',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KeyGenerate);
    const name = args.name ?? this.environment.user;
    checkKeyName(name);
    const passphrase = flags.passphrase ? await this.#passphrase(name) : '';
    const key = new KeyStore(this.environment.dataDirectory).keepNew(
      name,
      signingKeyFromSeed(randomBytes(32)),
      passphrase,
    );
    this.print({ ...key }, () => madeKey(key));
  }

  async #passphrase(name: string): Promise<string> {
    const given = this.environment.variables.AERGO_KEY_PASSPHRASE;
    return (
      given ?? (await askSecret(`new passphrase of the key ${name}: `, this.canAsk, 'give it in AERGO_KEY_PASSPHRASE'))
    );
  }
}
