/**
 * Where a command's words go: the result to stdout, everything else to stderr, one JSON line where `--json` was asked.
 * Colour is judged for each stream by itself, and never carries meaning alone. A closed pipe is silent.
 */
import { Chalk } from 'chalk';

export type ColorChoice = 'auto' | 'always' | 'never';

/** The few styles that renderers use; each takes and gives text. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

const as_it_is = (text: string): string => text;
export const plainStyle: Style = {
  bold: as_it_is,
  dim: as_it_is,
  red: as_it_is,
  green: as_it_is,
  yellow: as_it_is,
  cyan: as_it_is,
};

export interface OutputStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): boolean;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

export interface OutputOptions {
  readonly color: ColorChoice;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export class Output {
  readonly #stdout: OutputStream;
  readonly #stderr: OutputStream;
  readonly options: OutputOptions;
  readonly style: Style;
  readonly noteStyle: Style;
  /** Whether the reader has gone (`| head`): what still comes is not worth making. */
  closed = false;

  constructor(stdout: OutputStream, stderr: OutputStream, options: OutputOptions) {
    this.#stdout = stdout;
    this.#stderr = stderr;
    this.options = options;
    this.style = styleOf(stdout, options);
    this.noteStyle = styleOf(stderr, options);
    for (const stream of [stdout, stderr]) {
      stream.on('error', (error) => {
        if (error.code !== 'EPIPE') throw error;
        if (stream === stdout) this.closed = true;
      });
    }
  }

  /** A part of the result, for people: one or more whole lines. */
  line(text: string): void {
    if (!this.closed && !this.options.json) this.#stdout.write(`${text}\n`);
  }

  /** Result bytes as they are: query formats, key files. */
  raw(text: string): void {
    if (!this.closed) this.#stdout.write(text);
  }

  /** The result for programs, in one compact line. */
  json(value: object): void {
    this.raw(`${JSON.stringify(value)}\n`);
  }

  /** What is not the result: news, hints. Silent with `--quiet` and `--json`. */
  note(text: string): void {
    if (!this.options.quiet && !this.options.json) this.#stderr.write(`${text}\n`);
  }

  /** What a person must see even with `--quiet`. */
  complain(text: string): void {
    this.#stderr.write(`${text}\n`);
  }

  /** Whether stderr is a terminal that can rewrite a line. */
  get canAnimate(): boolean {
    return this.#stderr.isTTY === true && this.options.variables.TERM !== 'dumb' && !this.options.quiet;
  }

  /** Rewrites the line of progress on stderr; an empty text takes it away. */
  rewrite(text: string): void {
    this.#stderr.write(`\r\x1b[2K${text}`);
  }

  get columns(): number {
    return this.#stderr.columns ?? 80;
  }
}

/** Whether colour goes to this stream: the flag decides, else NO_COLOR, TERM=dumb, and whether it is a terminal. */
export function wantsColor(stream: OutputStream, options: Pick<OutputOptions, 'color' | 'variables'>): boolean {
  if (options.color !== 'auto') return options.color === 'always';
  const { NO_COLOR, TERM } = options.variables;
  return !NO_COLOR && TERM !== 'dumb' && stream.isTTY === true;
}

function styleOf(stream: OutputStream, options: OutputOptions): Style {
  return wantsColor(stream, options) ? new Chalk({ level: 1 }) : plainStyle;
}
