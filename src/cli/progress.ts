/** Progress on stderr: what, how many of how many, how fast; only for work that takes over a second. */
import type { Output } from './output.ts';
import { grouped } from './render/columns.ts';

export interface ProgressReport {
  readonly phase: string;
  readonly done: number;
  readonly total?: number;
  readonly unit: string;
}

const patience_ms = 1000;
const refresh_ms = 100;

/** A terminal gets one line that is rewritten, CI one line for each phase, anything else nothing. */
export class ProgressLine {
  readonly #output: Output;
  readonly #clock: () => number;
  readonly #isCI: boolean;
  #phase: string | undefined;
  #phaseStart = 0;
  #lastShown = 0;
  #isShown = false;

  constructor(output: Output, clock: () => number) {
    this.#output = output;
    this.#clock = clock;
    this.#isCI = Boolean(output.options.variables.CI);
  }

  report(progress: ProgressReport): void {
    const now = this.#clock();
    if (progress.phase !== this.#phase) {
      this.clear();
      this.#phase = progress.phase;
      this.#phaseStart = now;
      this.#lastShown = 0;
      if (this.#isCI) this.#output.note(progress.phase);
    }
    if (this.#isCI || !this.#output.canAnimate) return;
    if (now - this.#phaseStart < patience_ms || now - this.#lastShown < refresh_ms) return;
    this.#lastShown = now;
    this.#isShown = true;
    this.#output.rewrite(progressText(progress, now - this.#phaseStart).slice(0, this.#output.columns - 1));
  }

  /** Takes the line away, before the result is printed. */
  clear(): void {
    if (this.#isShown) this.#output.rewrite('');
    this.#isShown = false;
  }
}

/** `verify   12,000 of 40,000 transactions   3,400/s` */
function progressText(progress: ProgressReport, elapsed_ms: number): string {
  const of = progress.total === undefined ? '' : ` of ${grouped(progress.total)}`;
  const rate = elapsed_ms > 0 ? `   ${grouped(Math.round((progress.done * 1000) / elapsed_ms))}/s` : '';
  return `${progress.phase}   ${grouped(progress.done)}${of} ${progress.unit}${rate}`;
}
