/** What commands share that change the directory: who signs, a proposal instead, and the answer. */
import * as Flags from '@oclif/core/flags';
import type { SigningKey } from '../crypto/key.ts';
import { AergoCommand } from './command.ts';
import type { DirectoryChanged, Repository } from './face.ts';
import { writeNewFile } from './output-file.ts';
import { changedLines, proposedLines, unchangedLine } from './render/directory.ts';

export const proposeFlag = {
  propose: Flags.string({
    description: 'write nothing: put the change into FILE, for other admins to approve',
    helpValue: 'FILE',
  }),
};

export abstract class DirectoryCommand extends AergoCommand {
  /** Makes the change, or proposes it into the file, and says so. */
  protected async change(
    file: string | undefined,
    make: (repository: Repository, signed: { key: SigningKey; propose: boolean }) => Promise<DirectoryChanged>,
  ): Promise<void> {
    const { key } = await this.signers();
    const { changed, hasRemote } = await this.withRepository(async (repository) => ({
      changed: await make(repository, { key, propose: file !== undefined }),
      hasRemote: repository.remotes().length > 0,
    }));
    if (changed.proposal === undefined || file === undefined) {
      this.printVersion(changed);
      if (hasRemote && changed.unchanged === undefined)
        this.hint('aergo push      (it holds for the others from then on)');
      return;
    }
    const { text, ...proposal } = changed.proposal;
    writeNewFile(file, text);
    this.printProposal(proposal, file);
    this.hint(`aergo directory approve ${file}      (each of the admins who are to agree)`);
  }

  protected printVersion({ version, unchanged }: DirectoryChanged): void {
    if (version === undefined) return;
    if (unchanged === undefined) this.print({ version }, () => changedLines(version));
    else this.print({ version, unchanged }, () => unchangedLine(version));
  }

  protected printProposal(proposal: Omit<NonNullable<DirectoryChanged['proposal']>, 'text'>, file: string): void {
    this.print({ proposal: { ...proposal, file } }, () => proposedLines(proposal, file));
  }
}
