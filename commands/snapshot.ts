/** Lists snapshots, or makes or deletes one: a signed name for a block. */
import * as Flags from '@oclif/core/flags';
import { optionalWord } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { blockName } from '../src/cli/render/block.ts';
import { snapshotLines } from '../src/cli/render/branches.ts';
import { visible } from '../src/cli/render/visible.ts';
import { AergoError } from '../src/errors.ts';

export default class Snapshot extends AergoCommand {
  static override summary = 'list snapshots, or give a block a signed name';
  static override args = {
    name: optionalWord('the snapshot'),
    revision: optionalWord('the block (default: the current one)'),
  };
  static override flags = { delete: Flags.boolean({ default: false, char: 'd', description: 'delete the snapshot' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Snapshot);
    const { name } = args;
    if (name === undefined) {
      if (flags.delete)
        throw new AergoError('AERGO_USAGE', 'aergo snapshot -d needs a NAME', { hint: 'aergo snapshot' });
      const snapshots = await this.withRepository((repository) => repository.snapshots());
      this.print({ snapshots }, () => snapshotLines(snapshots));
    } else if (flags.delete) {
      await this.withRepository((repository) => repository.deleteSnapshot(name));
      this.print({ deleted: name }, () => `deleted snapshot ${visible(name)}`);
    } else {
      const { key } = await this.signers();
      const revision = args.revision ?? '@';
      const block = await this.withRepository(async (repository) => {
        await repository.createSnapshot(name, revision, key);
        return repository.block(revision);
      });
      this.print({ name, block }, () => `snapshot ${visible(name)}   ${blockName(block)}`);
    }
  }
}
