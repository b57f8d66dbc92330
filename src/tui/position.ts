/** Where a person is among the conflicts: which of them the filter shows, which one is on the screen, how far it is scrolled. */
import type { Resolution } from '../merge/resolution.ts';
import type { PendingConflict } from '../repository/pending-conflicts.ts';

/** How many lines there are to scroll, and how many of them fit. */
export interface Extent {
  readonly lines: number;
  readonly height: number;
}

export class Position {
  readonly #resolution: Resolution<PendingConflict>;
  #filter = '';
  #shown: readonly number[];
  #place: number;
  #top = 0;
  /** Told by whoever draws. */
  extent: Extent = { lines: 0, height: 0 };

  /** @param start the conflict to begin with; the first one that is open when left out */
  constructor(resolution: Resolution<PendingConflict>, start?: number) {
    this.#resolution = resolution;
    this.#shown = resolution.matching('');
    this.#place = start ?? resolution.nearestUnresolved(this.#shown, -1, 1) ?? 0;
  }

  get filter(): string {
    return this.#filter;
  }

  /** The conflicts that the filter shows. */
  get shown(): readonly number[] {
    return this.#shown;
  }

  /** The place among them. */
  get place(): number {
    return this.#place;
  }

  /** The first line of the conflict that is on the screen. */
  get top(): number {
    return this.#top;
  }

  get last(): number {
    return Math.max(0, this.#shown.length - 1);
  }

  /** The conflict that is on the screen; undefined where the filter shows none. */
  get index(): number | undefined {
    return this.#shown[this.#place];
  }

  /** Goes to a place among those shown, or to the nearest that there is. */
  goTo(place: number): void {
    this.#place = Math.min(this.last, Math.max(0, place));
    this.#top = 0;
  }

  /** Goes to a conflict if the filter shows it. */
  goToConflict(index: number): void {
    const place = this.#shown.indexOf(index);
    if (place >= 0) this.goTo(place);
  }

  /** Goes to the nearest open one in that direction, round the end; whether there is one. */
  goToOpen(direction: 1 | -1): boolean {
    const place = this.#resolution.nearestUnresolved(this.#shown, this.#place, direction);
    if (place !== undefined) this.goTo(place);
    return place !== undefined;
  }

  /** Shows the conflicts with a text, and stays on the one that is on the screen where it is among them. */
  show(filter: string): void {
    const { index } = this;
    this.#filter = filter;
    this.#shown = this.#resolution.matching(filter);
    this.goTo(index === undefined ? 0 : this.#shown.indexOf(index));
  }

  /** Whether the key scrolls. */
  scroll(key: string): boolean {
    const top = scrolled(key, this.#top, this.extent);
    if (top !== undefined) this.#top = top;
    return top !== undefined;
  }
}

/** The first line that is shown after a key; undefined where the key does not scroll. */
export function scrolled(key: string, top: number, { lines, height }: Extent): number | undefined {
  const last = Math.max(0, lines - height);
  const page = Math.max(1, height - 1);
  const wanted = {
    up: top - 1,
    k: top - 1,
    down: top + 1,
    j: top + 1,
    'page-up': top - page,
    'page-down': top + page,
    ' ': top + page,
    home: 0,
    end: last,
  }[key];
  return wanted === undefined ? undefined : Math.min(last, Math.max(0, wanted));
}
