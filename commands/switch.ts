/** Makes another branch the current one; with -c makes it first. */
import * as Flags from '@oclif/core/flags';
import { optionalWord, word } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { blockName } from '../src/cli/render/block.ts';
import { visible } from '../src/cli/render/visible.ts';
import { AergoError } from '../src/errors.ts';

export default class Switch extends AergoCommand {
  static override summary = 'make another branch the current one';
  static override description = 'A branch that is not here and that only one remote has is made from that one first.';
  static override args = {
    name: word('the branch'),
    start: optionalWord('with -c: where it starts (default: the current block)'),
  };
  static override flags = {
    create: Flags.boolean({ default: false, char: 'c', description: 'make the branch first' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Switch);
    if (args.start !== undefined && !flags.create) {
      throw new AergoError('AERGO_USAGE', 'a start belongs to a new branch only', {
        hint: 'aergo switch -c NAME START',
      });
    }
    const { name, block, from } = await this.withRepository(async (repository) => {
      if (flags.create) await repository.createBranch(args.name, args.start);
      return repository.switchTo(args.name);
    });
    const created = flags.create || from !== undefined;
    const origin = from === undefined ? '' : `   from ${visible(from)}`;
    this.print({ branch: name, block, created }, () => {
      return `on ${this.style.bold(visible(name))}${created ? ', a new branch' : ''} at ${blockName(block)}${origin}`;
    });
  }
}
