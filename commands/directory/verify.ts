/** Verifies every version of the directory, and shows what speaks against anybody. */
import { AergoCommand } from '../../src/cli/command.ts';
import { directoryReportLines } from '../../src/cli/render/directory.ts';

export default class DirectoryVerify extends AergoCommand {
  static override summary = 'check every version of the directory, and show the evidence that is kept';
  static override description =
    'Exit code 6 where a version is wrong; 1 where all are good, and one has expired or there is evidence against whoever signed or served one.';

  async run(): Promise<void> {
    await this.parse(DirectoryVerify);
    const report = await this.withRepository((repository) => repository.verifyDirectory());
    this.print(report, () => directoryReportLines(report));
    if (report.expired || report.evidence.length > 0) this.answerNo();
  }
}
