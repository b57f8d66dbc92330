/**
 * A real pseudo-terminal with a program in it, and what its screen shows (xterm's own, without a window). Nothing sleeps:
 * waiting ends when the screen says what is waited for, or with the program.
 */
// biome-ignore lint/correctness/noUnresolvedImports: CommonJS, whose names are found when it runs
import { type IPty, spawn } from '@lydell/node-pty';
// biome-ignore lint/correctness/noUnresolvedImports: as above
import { Terminal } from '@xterm/headless';

export interface TerminalOptions {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly columns: number;
  readonly rows: number;
}

export interface Exit {
  readonly exitCode: number;
  readonly signal?: number;
}

/** What takes longer has gone wrong: the test then says what the screen showed. */
const patience_ms = 40_000;

export class PseudoTerminal {
  readonly #pty: IPty;
  readonly #terminal: Terminal;
  readonly #waiting = new Set<() => void>();
  #unread = 0;
  #exit: Exit | undefined;
  /** Every byte that the program wrote. */
  output = '';
  readonly exit: Promise<Exit>;

  constructor(program: string, words: readonly string[], { cwd, env, columns, rows }: TerminalOptions) {
    this.#terminal = new Terminal({ cols: columns, rows, allowProposedApi: true, scrollback: 200 });
    this.#pty = spawn(program, [...words], { name: env.TERM ?? 'xterm', cols: columns, rows, cwd, env });
    this.#pty.onData((text) => {
      this.output += text;
      this.#unread += 1;
      this.#terminal.write(text, () => {
        this.#unread -= 1;
        this.#wake();
      });
    });
    this.exit = new Promise((resolve) => {
      this.#pty.onExit((exit) => {
        this.#exit = exit;
        resolve(exit);
        this.#wake();
      });
    });
    // The terminal answers what the program asks it.
    this.#terminal.onData((answer) => this.#pty.write(answer));
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** The lines that the screen shows now. */
  lines(): string[] {
    const { active } = this.#terminal.buffer;
    return Array.from({ length: this.#terminal.rows }, (_, at) => {
      return active.getLine(active.viewportY + at)?.translateToString(true) ?? '';
    });
  }

  get screen(): string {
    return this.lines().join('\n');
  }

  /** What the screen says, whatever the width at which the terminal broke its lines. */
  get text(): string {
    return this.lines().join('');
  }

  /** Whether a program like an editor has the screen. */
  get isAlternate(): boolean {
    return this.#terminal.buffer.active.type === 'alternate';
  }

  type(keys: string): void {
    this.#pty.write(keys);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
  }

  kill(signal: string): void {
    this.#pty.kill(signal);
  }

  /** How the program ended. @throws Error with the screen where it does not */
  ended(): Promise<Exit> {
    const late = new Promise<never>((_, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`the program does not end; its screen:\n${this.screen}`)),
        patience_ms,
      );
      void this.exit.then(() => clearTimeout(timer));
    });
    return Promise.race([this.exit, late]);
  }

  /** Resolves when the screen shows it, with how long that took, in ms. @throws Error with the screen where it does not */
  async until(shows: RegExp | ((screen: string) => boolean)): Promise<number> {
    const began = performance.now();
    const patience = setTimeout(() => this.#wake(), patience_ms);
    try {
      await this.#until(shows, began);
    } finally {
      clearTimeout(patience);
    }
    return performance.now() - began;
  }

  async #until(shows: RegExp | ((screen: string) => boolean), began: number): Promise<void> {
    const holds = typeof shows === 'function' ? shows : (screen: string) => shows.test(screen);
    while (this.#unread > 0 || !holds(this.screen)) {
      if (this.#exit !== undefined && this.#unread === 0)
        throw new Error(`the program has ended, and the screen never showed ${String(shows)}:\n${this.screen}`);
      if (performance.now() - began >= patience_ms)
        throw new Error(`the screen does not show ${String(shows)}:\n${this.screen}`);
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  [Symbol.dispose](): void {
    if (this.#exit === undefined) this.#pty.kill('SIGKILL');
    this.#terminal.dispose();
  }
}
