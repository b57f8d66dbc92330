/** Keeps a copy of an OpenSSH key file, such as ~/.ssh/id_ed25519, passphrase and all. */
import { basename, resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { word } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { checkKeyName, KeyStore, readKeyFile, unlock } from '../../src/cli/key-store.ts';
import { importedKey } from '../../src/cli/render/key.ts';
import { passphrases } from '../../src/cli/signers.ts';

export default class KeyImport extends AergoCommand {
  static override summary = 'keep a copy of an OpenSSH Ed25519 key';
  static override args = { file: word('the private key file') };
  static override flags = { name: Flags.string({ description: "what to call it (default: the file's name)" }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KeyImport);
    const name = flags.name ?? basename(args.file);
    checkKeyName(name);
    const file = readKeyFile(resolve(args.file));
    const { id } = await unlock(file, args.file, passphrases({ environment: this.environment, canAsk: this.canAsk }));
    const key = new KeyStore(this.environment.dataDirectory).keep(name, id, file);
    this.print({ ...key }, () => importedKey(key));
  }
}
