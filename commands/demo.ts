/** Shows what aergo is for, on real bank data: every step is a command that is printed before it runs. */
import { join } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { AergoCommand } from '../src/cli/command.ts';
import { DemoPlace } from '../src/cli/demo/place.ts';
import { play } from '../src/cli/demo/play.ts';
import { Stage } from '../src/cli/demo/stage.ts';
import { nextLines, summarise, summaryLines } from '../src/cli/demo/summary.ts';
import { plainStyle } from '../src/cli/output.ts';

export default class Demo extends AergoCommand {
  static override summary = 'show the main job on real bank data, in about a minute';
  static override description =
    'Three banks share a ledger: they pay orders on main and on a branch, merge, and verify all of it. Every command is printed before it runs. Your keys and settings are not touched.';
  static override flags = {
    into: Flags.string({ description: 'keep it in this new directory (default: nothing stays)', helpValue: 'DIR' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Demo);
    const started = performance.now();
    const place = new DemoPlace(flags.into);
    const remove = () => place.remove();
    process.once('exit', remove); // also after Ctrl-C
    const root = join(this.config.root, '..');
    const data = place.fill(root);
    const { json, quiet } = this.output.options;
    const style = json ? plainStyle : this.style;
    const show = (text: string): void => {
      if (json && !quiet) process.stderr.write(text);
      else if (!quiet) this.output.raw(text);
    };
    show('`aergo` is `npx aergo` in the checkout. Lines with $ are commands, and run as they stand.\n');
    const stage = new Stage({
      directory: place.directory,
      launcher: join(root, 'bin', 'aergo.js'),
      variables: place.variables(this.environment.variables, style.bold('x') !== 'x'),
      style,
      show,
    });
    stage.open(flags.into ?? place.directory);
    const times = await play(stage, place.directory, data);
    process.chdir(join(place.directory, 'ledger'));
    const seconds = (performance.now() - started) / 1000;
    const summary = await this.withRepository((repository) => summarise(repository, times, seconds));
    const directory = flags.into === undefined ? null : place.directory;
    this.print({ directory, ...summary }, () => [
      ...summaryLines(summary, this.style),
      ...nextLines(flags.into, this.style),
    ]);
  }
}
