/** Lists, makes, deletes and renames branches. */
import * as Flags from '@oclif/core/flags';
import { words } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import type { Repository } from '../src/cli/face.ts';
import { blockName } from '../src/cli/render/block.ts';
import { branchLines } from '../src/cli/render/branches.ts';
import { logicText } from '../src/cli/render/logic.ts';
import { visible } from '../src/cli/render/visible.ts';
import { AergoError } from '../src/errors.ts';

const listing: ('list' | 'all' | 'remotes')[] = ['list', 'all', 'remotes'];

export default class Branch extends AergoCommand {
  static override summary = 'list branches, or make, delete or rename one';
  static override usage =
    'branch [NAME [START]] [--merge-contract CONTRACT.FUNCTION] | branch -d NAME… | branch -m [OLD] NEW';
  static override args = { names: words('the branch, and where it starts (default: the current block)') };
  static override flags = {
    all: Flags.boolean({ default: false, char: 'a', description: 'list the branches of remotes too' }),
    remotes: Flags.boolean({ default: false, char: 'r', description: 'list the branches of remotes only' }),
    list: Flags.boolean({ default: false, description: 'list the branches (the default without a name)' }),
    delete: Flags.boolean({ default: false, char: 'd', description: 'delete them', exclusive: ['move', ...listing] }),
    force: Flags.boolean({ default: false, description: 'delete also what no other branch contains' }),
    move: Flags.boolean({ default: false, char: 'm', description: 'rename one without blocks', exclusive: listing }),
    'merge-contract': Flags.string({
      description: 'the contract function that settles conflicts when the branch is merged',
      helpValue: 'CONTRACT.FUNCTION',
      exclusive: ['delete', 'move', ...listing],
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Branch);
    const names = args.names ?? [];
    await this.withRepository(async (repository) => {
      if (flags.delete) await this.#delete(repository, names, flags.force);
      else if (flags.move) await this.#rename(repository, names);
      else if (listing.some((flag) => flags[flag]) || (names.length === 0 && flags['merge-contract'] === undefined))
        this.#list(repository, flags);
      else await this.#create(repository, names, flags['merge-contract']);
    });
  }

  #list(repository: Repository, { all, remotes }: { all: boolean; remotes: boolean }): void {
    const branches = remotes ? [] : repository.branches();
    const tracked = all || remotes ? repository.trackedBranches() : [];
    this.print({ branches, remotes: tracked }, () => branchLines([...branches, ...tracked], this.style));
  }

  async #create(repository: Repository, names: readonly string[], mergeContract?: string): Promise<void> {
    const [name, start, extra] = names;
    if (name === undefined) throw new AergoError('AERGO_USAGE', 'aergo branch --merge-contract needs a NAME');
    if (extra !== undefined)
      throw new AergoError('AERGO_USAGE', `aergo branch takes no further argument ${JSON.stringify(extra)}`);
    const branch = await repository.createBranch(name, start, mergeContract === undefined ? {} : { mergeContract });
    this.print(
      { branch },
      () => `branch ${visible(branch.name)} at ${blockName(branch.block)}${logicText(branch.logic)}`,
    );
    this.hint(`aergo switch ${visible(branch.name)}`);
  }

  async #delete(repository: Repository, names: readonly string[], force: boolean): Promise<void> {
    if (names.length === 0)
      throw new AergoError('AERGO_USAGE', 'aergo branch -d needs a NAME', { hint: 'aergo branch --list' });
    for (const name of names) await repository.deleteBranch(name, { force });
    this.print({ deleted: names }, () => names.map((name) => `deleted branch ${visible(name)}`));
  }

  async #rename(repository: Repository, names: readonly string[]): Promise<void> {
    const [from = '', to] = names.length === 1 ? [repository.head.branch, names[0]] : names;
    if (to === undefined || names.length > 2)
      throw new AergoError('AERGO_USAGE', 'aergo branch -m needs a new name: branch -m [OLD] NEW');
    await repository.renameBranch(from, to);
    this.print({ renamed: { from, to } }, () => `branch ${visible(from)} is called ${visible(to)} now`);
  }
}
