/** Writes a proposed change of the directory that enough admins have approved. */
import { word } from '../../src/cli/arguments.ts';
import { DirectoryCommand } from '../../src/cli/directory-command.ts';
import { readTextFile } from '../../src/cli/input-file.ts';

export default class DirectoryApply extends DirectoryCommand {
  static override summary = 'write a proposed change of the directory';
  static override args = { file: word('the proposal, with the approvals that it needs') };

  async run(): Promise<void> {
    const { args } = await this.parse(DirectoryApply);
    await this.change(undefined, (repository, { key }) => repository.applyProposal(readTextFile(args.file), key));
  }
}
