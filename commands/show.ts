/** Shows a block, a transaction or a snapshot by its id, revision or name. */
import { word } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import { shownLines } from '../src/cli/render/shown.ts';

export default class Show extends AergoCommand {
  static override summary = 'show a block, a transaction or a snapshot';
  static override args = { id: word('an id or its beginning, a revision, or a snapshot') };

  async run(): Promise<void> {
    const { args } = await this.parse(Show);
    const shown = await this.withRepository((repository) => repository.show(args.id));
    this.print(shown, () => shownLines(shown, this.style));
  }
}
