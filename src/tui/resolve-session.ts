/**
 * What each key does in `aergo resolve`: what is being asked or typed, and what is to be written down. Knows no terminal: keys
 * come in by name, and what has to happen outside comes back as an effect.
 */
import { counted } from '../cli/render/columns.ts';
import { columnsOf, valueIn } from '../cli/render/conflict-row.ts';
import { visible } from '../cli/render/visible.ts';
import { AergoError } from '../errors.ts';
import type { ChangedChoice, Resolution, Step } from '../merge/resolution.ts';
import type { Take } from '../merge/resolution-choice.ts';
import { isEditable } from '../merge/resolution-columns.ts';
import type { PendingConflict } from '../repository/pending-conflicts.ts';
import type { PendingMerge } from '../repository/pending-folder.ts';
import type { KeyPress } from './keys.ts';
import { Position, scrolled } from './position.ts';
import { fieldOf, type TextField, typed } from './text-field.ts';
import { takenText, wayText } from './way-text.ts';

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
  message: Message | undefined;
  readonly position: Position;

  /** @param start the conflict to begin with; the first one that is open when left out */
  constructor(merge: PendingMerge, resolution: Resolution<PendingConflict>, start?: number) {
    this.merge = merge;
    this.resolution = resolution;
    this.position = new Position(resolution, start);
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
    const { index } = this.position;
    if (key.name === 'q') return { kind: 'leave' };
    if (index !== undefined && this.#moves(key.name)) return undefined;
    if (key.name === '?') this.mode = { kind: 'help' };
    else if (key.name === '/')
      this.mode = { kind: 'filter', field: fieldOf(this.position.filter), before: this.position.filter };
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
    const { position } = this;
    const { place, last } = position;
    switch (name) {
      case 'n':
      case 'right':
        if (place === last) this.#say('this is the last conflict');
        position.goTo(place + 1);
        return true;
      case 'p':
      case 'left':
        if (place === 0) this.#say('this is the first conflict');
        position.goTo(place - 1);
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
        position.goTo(0);
        return true;
      case 'G':
        position.goTo(last);
        return true;
      default:
        return position.scroll(name);
    }
  }

  #goToOpen(direction: 1 | -1): void {
    if (this.position.goToOpen(direction)) return;
    if (this.isComplete) this.#say(`all ${this.resolution.total} are resolved: s shows what it will seal`);
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
      this.position.goToConflict(undone.first);
      return this.#record(undone, undone.changes.length === 1 ? 'undone' : `undone: ${count(undone.changes.length)}`);
    }
    const { index } = this.position;
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
    const indexes = this.position.shown.filter((other) => this.resolution.conflict(other).table === table);
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
      if (key.name === 'escape') this.position.show(before === field.text ? '' : before);
      if (this.position.index === undefined) this.#complain('no conflict has that in its table or key');
      return;
    }
    const next = typed(field, key);
    if (next === undefined) return;
    this.mode = { kind: 'filter', field: next, before };
    this.position.show(next.text);
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
    const { index } = this.position;
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
    const { index } = this.position;
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
    const next = scrolled(name, top, this.position.extent);
    this.mode = next === undefined ? browse : { kind: 'seal', top: next };
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
