/** Shows the public half of a key. */
import { optionalWord } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { KeyStore } from '../../src/cli/key-store.ts';
import { aligned } from '../../src/cli/render/columns.ts';
import { encodePublicKey } from '../../src/crypto/openssh.ts';

export default class KeyShow extends AergoCommand {
  static override summary = 'show the public half of a key';
  static override args = { name: optionalWord('the key (default: the one that would sign)') };

  async run(): Promise<void> {
    const { args } = await this.parse(KeyShow);
    const store = new KeyStore(this.environment.dataDirectory);
    const stored = args.name === undefined ? undefined : store.find(args.name);
    const id = stored?.id ?? (await this.signers()).key.id;
    const { name, path } = stored ?? store.list().find((candidate) => candidate.id === id) ?? { name: '', path: '' };
    const publicKey = encodePublicKey(id, name);
    this.print({ id, ...(name === '' ? {} : { name, path }), publicKey }, () =>
      aligned([
        ...(name === '' ? [] : [['name', name]]),
        ['id', id],
        ['public', publicKey],
        ...(path === '' ? [] : [['file', path]]),
      ]),
    );
  }
}
