/** Approves a change of the directory that another admin proposed. */
import { word } from '../../src/cli/arguments.ts';
import { DirectoryCommand } from '../../src/cli/directory-command.ts';
import { readTextFile } from '../../src/cli/input-file.ts';
import { writeTextFile } from '../../src/cli/output-file.ts';

export default class DirectoryApprove extends DirectoryCommand {
  static override summary = 'approve a proposed change of the directory';
  static override args = { file: word('the proposal; your approval is added to it') };

  async run(): Promise<void> {
    const { args } = await this.parse(DirectoryApprove);
    const { key } = await this.signers();
    const { text, ...proposal } = await this.withRepository((repository) =>
      repository.approveProposal(readTextFile(args.file), key),
    );
    writeTextFile(args.file, text);
    this.printProposal(proposal, args.file);
    this.hint(`aergo directory apply ${args.file}      (when enough admins have approved it)`);
  }
}
