/** Settles the conflicts of a pending merge: on a screen, or with flags that do everything that the screen does. */
import * as Flags from '@oclif/core/flags';
import { repeated, words } from '../src/cli/arguments.ts';
import { AergoCommand } from '../src/cli/command.ts';
import type { OpenPending } from '../src/cli/face.ts';
import { wantsColor } from '../src/cli/output.ts';
import { conflictLines, pendingAsJson, settledLine } from '../src/cli/render/conflict.ts';
import { mergeLines } from '../src/cli/render/merge.ts';
import { selected, settle, settles } from '../src/cli/settling.ts';
import { checkScreen } from '../src/cli/terminal.ts';
import { exitCodes } from '../src/errors.ts';
import { takes } from '../src/merge/resolution-choice.ts';
import { openPending, shownDigest } from '../src/repository/pending.ts';

const exclusive = ['take', 'delete', 'undo'];
const column = { ...repeated, exclusive } as const;

export default class Resolve extends AergoCommand {
  static override summary = 'settle the conflicts of a pending merge';
  static override usage = 'resolve [TABLE [KEY…]] [--list | --take SIDE | --set COLUMN=VALUE… | --delete | --undo]';
  static override args = { row: words('the table, and the key of a row') };
  static override flags = {
    list: Flags.boolean({ default: false, description: 'list the conflicts' }),
    take: Flags.option({ options: takes, description: 'take the row of that side, or both changes' })(),
    set: Flags.string({ ...column, description: 'give a column a value', helpValue: 'COLUMN=VALUE' }),
    null: Flags.string({ ...column, description: 'make a column NULL', helpValue: 'COLUMN' }),
    delete: Flags.boolean({ default: false, description: 'have no row', exclusive: ['take', 'undo'] }),
    undo: Flags.boolean({ default: false, description: 'take choices back', exclusive: ['take'] }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Resolve);
    const row = args.row ?? [];
    const isSettling = settles(flags);
    const found = openPending(this.repositoryDirectory);
    if (!isSettling && !flags.list) checkScreen(this.environment, this.canAsk, process.stdout.isTTY);
    const open = found ?? (await this.#refreshed());
    const { merge, folder, resolution } = open;
    if (!isSettling && !flags.list) return this.#show(open, row);
    const indexes = selected(resolution, row);
    const step = isSettling ? settle(resolution, row, flags) : undefined;
    await folder.append(merge, step?.changes ?? []);
    this.print(pendingAsJson(open, flags.list ? indexes : [], step), () =>
      step === undefined ? conflictLines(open, indexes, this.style) : settledLine(open, row, step),
    );
    if (step !== undefined) this.#next(open);
  }

  /** A branch has moved since the conflicts were computed. */
  async #refreshed(): Promise<OpenPending> {
    const sealer = await this.sealer();
    return this.withRepository((repository) => repository.refreshPendingMerge(sealer));
  }

  /** For people only: with `--json` there is no screen (`checkScreen`). */
  async #show(open: OpenPending, row: readonly string[]): Promise<void> {
    const start = row.length === 0 ? undefined : selected(open.resolution, row)[0];
    const { stdin, stdout } = process;
    const { resolveOnScreen } = await import('../src/tui/run-resolve.ts');
    const color = wantsColor(stdout, this.output.options);
    const ending = await resolveOnScreen(open, start, { stdin, stdout, color });
    if (ending === 'seal') return this.#seal(shownDigest(open));
    if (ending === 'interrupt') process.exitCode = exitCodes.interrupted;
    this.output.line(settledLine(open, []));
    this.#next(open);
  }

  async #seal(shown: string): Promise<void> {
    const signers = await this.signers();
    const result = await this.withRepository((repository) => repository.continueMerge({ ...signers, shown }));
    for (const line of mergeLines(result, this.style)) this.output.line(line);
  }

  #next({ resolution }: OpenPending): void {
    this.hint(resolution.resolved === resolution.total ? 'aergo merge --continue' : 'aergo resolve --list');
  }
}
