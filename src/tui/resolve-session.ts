/**
 * What a person does in `aergo resolve`: where she is, what each key does, what is to be written down. Knows no terminal:
 * keys come in by name, and what has to happen outside comes back as an effect.
 */
import { counted } from '../cli/render/columns.ts';
import { columnsOf, valueIn } from '../cli/render/conflict-row.ts';
import { visible } from '../cli/render/visible.ts';
import { AergoError } from '../errors.ts';
import type { ChangedChoice, Resolution, Step } from '../merge/resolution.ts';
import type { Choice, Take } from '../merge/resolution-choice.ts';
import { isEditable } from '../merge/resolution-columns.ts';
import type { PendingConflict } from '../repository/pending-conflicts.ts';
import type { PendingMerge } from '../repository/pending-folder.ts';
import type { KeyPress } from './keys.ts';
import { fieldOf, type TextField, typed } from './text-field.ts';

export type Mode =
  | { readonly kind: 'browse' | 'help' }
  | { readonly kind: 'filter'; readonly field: TextField; readonly before: string }
  /** A column is being chosen, or its value given; `at` counts the columns that can be edited. */
  | { readonly kind: 'column'; readonly at: number }
  | { readonly kind: 'value'; readonly at: number; readonly field: TextField }
  /** Asks whether to do the same to these conflicts. */
  | { readonly kind: 'all'; readonly indexes: readonly number[]; readonly way: Take | 'delete' }
  | { readonly kind: 'seal'; readonly top: number };

export type Effect =
  | { readonly kind: 'record'; readonly changes: readonly ChangedChoice[] }
  | { readonly kind: 'leave' | 'seal' | 'interrupt' };

/** What the last key had to say. */
export interface Message {
  readonly text: string;
  readonly isComplaint: boolean;
}

const browse: Mode = { kind: 'browse' };
const sides: Readonly<Record<string, Take>> = { o: 'ours', t: 'theirs', b: 'base', '+': 'both' };

export class ResolveSession {
  readonly merge: PendingMerge;
  readonly resolution: Resolution<PendingConflict>;
  mode: Mode = browse;
  layout: 'column' | 'side' = 'column';
  filter = '';
  message: Message | undefined;
  /** The first line of the row that is shown. */
  scroll = 0;
  /** How many lines there are to scroll, and how many fit: told by whoever draws. */
  extent = { lines: 0, height: 0 };
  /** The conflicts that the filter shows, and the place among them. */
  shown: readonly number[];
  place: number;

  /** @param start the conflict to begin with; the first one that is open when left out */
  constructor(merge: PendingMerge, resolution: Resolution<PendingConflict>, start?: number) {
    this.merge = merge;
    this.resolution = resolution;
    this.shown = resolution.matching('');
    this.place = start ?? resolution.nearestUnresolved(this.shown, -1, 1) ?? 0;
  }

  /** The index of the conflict that is shown; undefined where the filter shows none. */
  get index(): number | undefined {
    return this.shown[this.place];
  }

  get isComplete(): boolean {
    return this.resolution.resolved === this.resolution.total;
  }

  press(key: KeyPress): Effect | undefined {
    if (key.name === 'ctrl-c') return { kind: 'interrupt' };
    this.message = undefined;
    const { mode } = this;
    switch (mode.kind) {
      case 'browse':
        return this.#browse(key);
      case 'help':
        this.mode = browse;
        return undefined;
      case 'filter':
        return this.#filter(key, mode);
      case 'column':
        return this.#column(key, mode.at);
      case 'value':
        return this.#value(key, mode);
      case 'all':
        return this.#all(key, mode);
      case 'seal':
        return this.#seal(key, mode.top);
    }
  }

  /** Text that was pasted: typed where something is being typed, no command elsewhere. */
  paste(text: string): void {
    if (this.mode.kind !== 'filter' && this.mode.kind !== 'value') return;
    this.press({ name: 'paste', text: text.replace(/[\r\n]+$/, '') });
  }

  #browse(key: KeyPress): Effect | undefined {
    const { index } = this;
    if (key.name === 'q') return { kind: 'leave' };
    if (this.#moves(key.name)) return undefined;
    if (key.name === '?') this.mode = { kind: 'help' };
    else if (key.name === '/') this.mode = { kind: 'filter', field: fieldOf(this.filter), before: this.filter };
    else if (key.name === 'v') this.layout = this.layout === 'side' ? 'column' : 'side';
    else if (key.name === 'u') return this.#undo();
    else if (key.name === 's') this.#showSeal();
    else if (index === undefined) this.#complain('the filter shows no conflict: / changes it');
    else return this.#decide(key.name, index);
    return undefined;
  }

  #decide(name: string, index: number): Effect | undefined {
    const take = sides[name];
    if (take !== undefined) return this.#take(index, take);
    if (name === 'd') return this.#record(this.resolution.remove([index]), 'no row');
    if (name === 'e') this.#edit(index);
    else if (name === 'a') this.#askAll(index);
    return undefined;
  }

  /** Next and previous conflict, the next that is open, and scrolling; whether the key meant one of them. */
  #moves(name: string): boolean {
    const last = this.shown.length - 1;
    switch (name) {
      case 'n':
      case 'right':
        this.#goTo(Math.min(last, this.place + 1), this.place === last ? 'this is the last conflict' : undefined);
        return true;
      case 'p':
      case 'left':
        this.#goTo(Math.max(0, this.place - 1), this.place === 0 ? 'this is the first conflict' : undefined);
        return true;
      case 'N':
      case 'enter':
      case 'tab':
        this.#goToOpen(1);
        return true;
      case 'P':
        this.#goToOpen(-1);
        return true;
      case 'g':
        this.#goTo(0);
        return true;
      case 'G':
        this.#goTo(Math.max(0, last));
        return true;
      default:
        return this.#scrolls(name);
    }
  }

  #scrolls(name: string): boolean {
    const page = Math.max(1, this.extent.height - 1);
    const distance = { up: -1, k: -1, down: 1, j: 1, 'page-up': -page, 'page-down': page, ' ': page }[name];
    if (name !== 'home' && name !== 'end' && distance === undefined) return false;
    const last = Math.max(0, this.extent.lines - this.extent.height);
    const wanted = name === 'home' ? 0 : name === 'end' ? last : this.scroll + (distance ?? 0);
    this.scroll = Math.min(last, Math.max(0, wanted));
    return true;
  }

  #goTo(place: number, message?: string): void {
    this.place = Math.max(0, place);
    this.scroll = 0;
    if (message !== undefined) this.#say(message);
  }

  #goToOpen(direction: 1 | -1): void {
    const place = this.resolution.nearestUnresolved(this.shown, this.place, direction);
    if (place !== undefined) this.#goTo(place);
    else if (this.isComplete) this.#say(`all ${this.resolution.total} are resolved: s shows what it will seal`);
    else this.#say('all that the filter shows are resolved: / changes it');
  }

  #take(index: number, take: Take): Effect | undefined {
    const step = this.resolution.take([index], take);
    if (step.skipped === 0) return this.#record(step, takenText(this.merge, take));
    this.#complain('both changes do not go together here: take a side, or e to edit');
    return undefined;
  }

  #undo(): Effect | undefined {
    const undone = this.resolution.undo();
    if (undone !== undefined) {
      const place = this.shown.indexOf(undone.first);
      if (place >= 0) this.#goTo(place);
      return this.#record(undone, undone.changes.length === 1 ? 'undone' : `undone: ${count(undone.changes.length)}`);
    }
    const { index } = this;
    if (index !== undefined && this.resolution.choice(index) !== undefined)
      return this.#record(this.resolution.clear([index]), 'the choice is taken back');
    this.#complain('there is nothing to undo');
    return undefined;
  }

  #askAll(index: number): void {
    const choice = this.resolution.choice(index);
    const { table } = this.resolution.conflict(index);
    if (choice === undefined || choice.way === 'edit') {
      this.#complain(`choose o, t, b, + or d first: a then does the same to all of ${table}`);
      return;
    }
    const indexes = this.shown.filter((other) => this.resolution.conflict(other).table === table);
    this.mode = { kind: 'all', indexes, way: choice.way };
  }

  #all({ name }: KeyPress, { indexes, way }: Extract<Mode, { kind: 'all' }>): Effect | undefined {
    this.mode = browse;
    if (name !== 'y') {
      this.#say('nothing was changed');
      return undefined;
    }
    const step = way === 'delete' ? this.resolution.remove(indexes) : this.resolution.take(indexes, way);
    const skipped = step.skipped === 0 ? '' : `; ${count(step.skipped)} left: both changes do not go together there`;
    return this.#record(step, `${wayText(way)} for ${count(step.changes.length)}${skipped}`);
  }

  #filter(key: KeyPress, { field, before }: Extract<Mode, { kind: 'filter' }>): undefined {
    if (key.name === 'enter' || key.name === 'escape') {
      this.mode = browse;
      if (key.name === 'escape') this.#applyFilter(before === field.text ? '' : before);
      if (this.index === undefined) this.#complain('no conflict has that in its table or key');
      return;
    }
    const next = typed(field, key);
    if (next === undefined) return;
    this.mode = { kind: 'filter', field: next, before };
    this.#applyFilter(next.text);
  }

  /** Stays on the conflict that is shown where the filter shows it too. */
  #applyFilter(text: string): void {
    const { index } = this;
    this.filter = text;
    this.shown = this.resolution.matching(text);
    this.#goTo(Math.max(0, index === undefined ? 0 : this.shown.indexOf(index)));
  }

  /** The columns that a person may give, as `column` and `value` count them: in the order in which they are shown. */
  editable(index: number): string[] {
    const table = this.resolution.table(index);
    const editable = new Set(table.columns.filter((column) => isEditable(table, column)).map(({ name }) => name));
    const shown = columnsOf(table, this.resolution.conflict(index), undefined).map(({ name }) => name);
    return shown.filter((name) => editable.has(name));
  }

  #edit(index: number): void {
    const columns = this.editable(index);
    if (columns.length === 0) {
      this.#complain('the row has only its key: take a side');
      return;
    }
    this.mode = { kind: 'column', at: 0 };
  }

  #column({ name }: KeyPress, at: number): undefined {
    const { index } = this;
    if (index === undefined || name === 'escape' || name === 'q') {
      this.mode = browse;
      return;
    }
    const columns = this.editable(index);
    if (name === 'enter' || name === 'e') {
      const value = this.#valueNow(index, columns[at] ?? '');
      this.mode = { kind: 'value', at, field: fieldOf(value ?? '') };
    } else if (name === 'down' || name === 'j' || name === 'tab') {
      this.mode = { kind: 'column', at: Math.min(columns.length - 1, at + 1) };
    } else if (name === 'up' || name === 'k') {
      this.mode = { kind: 'column', at: Math.max(0, at - 1) };
    }
  }

  /** What an edit starts from: what is chosen, else the first side that has the row. */
  #valueNow(index: number, column: string): string | null {
    const { ours, theirs, base } = this.resolution.conflict(index);
    return valueIn(this.resolution.choice(index)?.row ?? ours ?? theirs ?? base, column) ?? null;
  }

  #value(key: KeyPress, { at, field }: Extract<Mode, { kind: 'value' }>): Effect | undefined {
    const { index } = this;
    if (index === undefined || key.name === 'escape') {
      this.mode = { kind: 'column', at };
      return undefined;
    }
    if (key.name !== 'enter' && key.name !== 'ctrl-n') {
      this.mode = { kind: 'value', at, field: typed(field, key) ?? field };
      return undefined;
    }
    const column = this.editable(index)[at] ?? '';
    try {
      const step = this.resolution.edit(index, new Map([[column, key.name === 'enter' ? field.text : null]]));
      this.mode = { kind: 'column', at };
      return this.#record(step, `${column} is given by hand`);
    } catch (error) {
      if (!(error instanceof AergoError)) throw error;
      this.#complain(visible(error.message));
      return undefined;
    }
  }

  #showSeal(): void {
    const open = this.resolution.total - this.resolution.resolved;
    if (open > 0) this.#complain(`${count(open)} still open: Enter goes to the next`);
    else this.mode = { kind: 'seal', top: 0 };
  }

  #seal({ name }: KeyPress, top: number): Effect | undefined {
    if (name === 'y') return { kind: 'seal' };
    this.scroll = top;
    if (!this.#scrolls(name)) this.mode = browse;
    else this.mode = { kind: 'seal', top: this.scroll };
    this.scroll = 0;
    return undefined;
  }

  #record(step: Step, message: string): Effect {
    this.#say(this.isComplete ? `${message} · all resolved: s seals` : message);
    return { kind: 'record', changes: step.changes };
  }

  #say(text: string): void {
    this.message = { text, isComplaint: false };
  }

  #complain(text: string): void {
    this.message = { text, isComplaint: true };
  }
}

const count = (conflicts: number): string => counted(conflicts, 'conflict');

const wayTexts: Readonly<Record<Choice['way'], string>> = {
  ours: 'ours',
  theirs: 'theirs',
  base: 'the base',
  both: 'both changes',
  edit: 'by hand',
  delete: 'no row',
};

/** A way of settling in a word or two. */
export const wayText = (way: Choice['way']): string => wayTexts[way];

/** `as on main (ours)`, as people read a way of settling. */
export function takenText({ target, source }: PendingMerge, way: Choice['way']): string {
  if (way === 'ours') return `as on ${visible(target)} (ours)`;
  if (way === 'theirs') return `as on ${visible(source)} (theirs)`;
  return way === 'base' ? 'as at the base' : wayText(way);
}
