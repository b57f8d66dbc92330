/** Checks the volumes byte by byte; with --rebuild makes the index anew from them. */
import * as Flags from '@oclif/core/flags';
import { AergoCommand } from '../src/cli/command.ts';
import { fsckLines } from '../src/cli/render/fsck.ts';
import { exitCodes } from '../src/errors.ts';

export default class Fsck extends AergoCommand {
  static override summary = 'check the volumes, byte by byte';
  static override flags = {
    rebuild: Flags.boolean({ default: false, description: 'first make the index anew from the volumes' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Fsck);
    if (flags.rebuild) {
      const directory = this.repositoryDirectory;
      const [{ Repository }, options] = await Promise.all([import('../src/repository.ts'), this.repositoryOptions()]);
      await (await Repository.rebuild(directory, options)).close();
    }
    const report = await this.withRepository((repository) => repository.fsck());
    this.print({ ok: report.problems.length === 0, rebuilt: flags.rebuild, ...report }, () =>
      fsckLines(report, flags.rebuild),
    );
    if (report.problems.length > 0) process.exitCode = exitCodes.integrity;
  }
}
