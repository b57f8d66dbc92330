/** Gives up the key that signs for another one of the same member, in this ledger. */
import { randomBytes } from 'node:crypto';
import * as Flags from '@oclif/core/flags';
import { optionalWord } from '../../src/cli/arguments.ts';
import { writeSetting } from '../../src/cli/configuration-file.ts';
import { DirectoryCommand } from '../../src/cli/directory-command.ts';
import { KeyStore, type StoredKey } from '../../src/cli/key-store.ts';
import { madeKey } from '../../src/cli/render/key.ts';
import { type KeyId, type SigningKey, signingKeyFromSeed } from '../../src/crypto/key.ts';

export default class KeyRotate extends DirectoryCommand {
  static override summary = 'give up your key for a new one, in this ledger';
  static override description =
    'The new key takes the place of the old one, which signs that, with the same roles. From then on it is the one that signs in this ledger.';
  static override args = {
    name: optionalWord(
      'the new key: one of yours, or what to call the one that is made (default: the old name and a number)',
    ),
  };
  static override flags = {
    reason: Flags.string({ default: 'rotated', description: 'why, for everybody to read' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(KeyRotate);
    const store = new KeyStore(this.environment.dataDirectory);
    const { key } = await this.signers();
    const successor = this.#successor(store, key, args.name);
    const { changed, hasRemote, known } = await this.withRepository(async (repository) => ({
      changed: await repository.rotateKey({ key, successor: successor.id, reason: flags.reason }),
      hasRemote: repository.remotes().length > 0,
      // Not the key just given up where that was not pushed either.
      known: repository.keysKnownElsewhere(successor.id)[0] ?? key.id,
    }));
    const nameOf = (id: KeyId): string | undefined => store.list().find((stored) => stored.id === id)?.name;
    await this.#signWith(successor.name, nameOf(key.id));
    this.printVersion(changed);
    if (hasRemote)
      this.hint(
        `aergo --key ${nameOf(known) ?? 'OLD'} push      (by the key that the others know; they take the new one from then on)`,
      );
  }

  #successor(store: KeyStore, old: SigningKey, name: string | undefined): StoredKey {
    const keys = store.list();
    const existing = keys.find((key) => key.name === name);
    if (existing !== undefined) return existing;
    const base = keys.find(({ id }) => id === old.id)?.name.replace(/-\d+$/, '') ?? this.environment.user;
    let number = 2;
    while (keys.some((key) => key.name === `${base}-${number}`)) number++;
    const made = store.keepNew(name ?? `${base}-${number}`, signingKeyFromSeed(randomBytes(32)), '');
    this.output.note(madeKey(made));
    return made;
  }

  /** The settings of this ledger name the new key where the old one was meant. */
  async #signWith(successor: string, old: string | undefined): Promise<void> {
    const file = this.configurationFile(false);
    const settings = await this.settings();
    writeSetting(file, 'user.key', successor);
    if (old !== undefined && settings.get('seal.key')?.value === old) writeSetting(file, 'seal.key', successor);
  }
}
