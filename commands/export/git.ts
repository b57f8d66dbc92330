/** Writes the ledger as an ordinary SHA-256 Git repository. */
import { resolve } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { word } from '../../src/cli/arguments.ts';
import { AergoCommand } from '../../src/cli/command.ts';
import { counted, grouped } from '../../src/cli/render/columns.ts';
import { visible } from '../../src/cli/render/visible.ts';

export default class ExportGit extends AergoCommand {
  static override summary = 'write the ledger as a Git repository';
  static override description =
    'All branches and snapshots, checked out at main. Blocks are signed commits: aergo key export --allowed-signers writes what git verify-commit needs.';
  static override args = { directory: word('where: a directory that does not exist, or is empty') };
  static override flags = { bare: Flags.boolean({ default: false, description: 'check nothing out' }) };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(ExportGit);
    const directory = resolve(args.directory);
    const written = await this.withRepository((repository) => repository.exportGit(directory, { bare: flags.bare }));
    const { branches, snapshots, objects, bytes } = written;
    this.print({ directory, bare: flags.bare, ...written }, () => {
      const names = `${counted(branches, 'branch', 'branches')}, ${counted(snapshots, 'snapshot')}`;
      return `${visible(args.directory)}: ${names}, ${counted(objects, 'object')}, ${grouped(bytes)} bytes`;
    });
    this.hint('git log --show-signature      (aergo key export --allowed-signers names the signers)');
  }
}
