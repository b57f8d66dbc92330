/** Makes a repository, and a key for who has none. */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { optionalWord } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { KeyStore, type StoredKey } from '../src/cli/key-store.ts';
import { blockName } from '../src/cli/render/block.ts';
import { madeKey } from '../src/cli/render/key.ts';
import { visible } from '../src/cli/render/visible.ts';
import { signingKeyFromSeed } from '../src/crypto/key.ts';
import { AergoError } from '../src/errors.ts';

export default class Init extends AergoCommand {
  static override summary = 'make a ledger';
  static override args = { directory: optionalWord('where (default: here)') };
  static override flags = {
    name: Flags.string({ description: "the ledger's name (default: the directory's)" }),
    private: Flags.boolean({ default: false, description: 'only members may read it' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Init);
    const directory = resolve(args.directory ?? '.');
    const name = flags.name ?? (basename(directory) || 'ledger');
    if (existsSync(join(directory, '.aergo'))) {
      throw new AergoError('AERGO_REPOSITORY_EXISTS', `there is a ledger in ${directory} already`, {
        hint: 'aergo status',
      });
    }
    const made = await this.#firstKey();
    const { key } = await this.signers();
    mkdirSync(directory, { recursive: true });
    const [{ Repository }, options] = await Promise.all([import('../src/repository.ts'), this.repositoryOptions()]);
    const repository = await Repository.init(join(directory, '.aergo'), {
      ...options,
      memberName: this.#nameOf(key.id),
      key,
      visibility: flags.private ? 'private' : 'public',
    });
    const { id, head } = repository;
    await repository.close();
    if (made !== undefined) this.output.note(madeKey(made));
    this.print(
      {
        name,
        directory,
        repository: id,
        branch: head.branch,
        block: head.block,
        key: key.id,
        keyMade: made !== undefined,
      },
      () => {
        return `ledger ${visible(name)}: ${head.branch} at ${blockName(head.block)}`;
      },
    );
    this.output.note('  next: aergo contract new bank --template bank');
  }

  /** What the first member is called: as the key is here, so that hints name what `--key` takes. */
  #nameOf(id: string): string {
    const keys = new KeyStore(this.environment.dataDirectory).list();
    return keys.find((key) => key.id === id)?.name ?? this.environment.user;
  }

  /** Who has no key at all gets one, named after the user. */
  async #firstKey(): Promise<StoredKey | undefined> {
    const store = new KeyStore(this.environment.dataDirectory);
    const { AERGO_KEY_DATA } = this.environment.variables;
    const isChosen = this.keyFlag !== undefined || AERGO_KEY_DATA || (await this.settings()).has('user.key');
    if (isChosen || store.list().length > 0) return undefined;
    return store.keepNew(this.environment.user, signingKeyFromSeed(randomBytes(32)), '');
  }
}
