import { EventEmitter } from 'node:events';
import { render } from 'ink';
import { createElement } from 'react';
import { describe, expect, it, onTestFinished } from 'vitest';
import { AergoError } from '../../src/errors.ts';
import type { ChangedChoice } from '../../src/merge/resolution.ts';
import { paintWith } from '../../src/tui/lines.ts';
import { ResolveScreen } from '../../src/tui/resolve-screen.ts';
import { TestSession } from './sessions.ts';

/** A terminal that keeps the last whole frame that ink drew, and takes keys. */
class FakeTerminal extends EventEmitter {
  readonly isTTY = true;
  columns = 80;
  rows = 24;
  frame = '';
  #typed: string[] = [];

  write(text: string, done?: () => void): boolean {
    if (text !== '') this.frame = text;
    done?.();
    return true;
  }

  read(): string | null {
    return this.#typed.shift() ?? null;
  }

  /** Types keys, as a terminal sends them, and lets ink draw. */
  async type(keys: string): Promise<void> {
    this.#typed.push(keys);
    this.emit('readable');
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }

  resize(columns: number, rows: number): void {
    Object.assign(this, { columns, rows });
    this.emit('resize');
  }

  setEncoding(): void {
    this.emit('encoding');
  }

  isRaw = false;
  setRawMode(raw: boolean): void {
    this.isRaw = raw;
  }
  resume = (): this => this;
  pause = (): this => this;
  ref = (): this => this;
  unref = (): this => this;
}

/** The screen on a terminal of its own; `debug` makes ink write every frame whole. */
async function shown(record?: (changes: readonly ChangedChoice[]) => Promise<void>) {
  const terminal = new FakeTerminal();
  const test = new TestSession();
  const recorded: ChangedChoice[] = [];
  const keep = async (changes: readonly ChangedChoice[]) => {
    recorded.push(...changes);
  };
  const stream = terminal as unknown as NodeJS.ReadStream & NodeJS.WriteStream;
  const screen = render(
    createElement(ResolveScreen, { session: test.session, paint: paintWith(false), record: record ?? keep }),
    {
      stdin: stream,
      stdout: stream,
      stderr: stream,
      debug: true,
      exitOnCtrlC: false,
      patchConsole: false,
      interactive: true,
    },
  );
  onTestFinished(() => screen.unmount());
  await terminal.type('');
  const frame = () => terminal.frame.split('\n').map((line) => line.trimEnd());
  return { terminal, test, recorded, screen, frame };
}

describe('the screen in ink', () => {
  it('draws what the session says, line by line', async () => {
    const { terminal, test, frame } = await shown();
    expect(frame()).toEqual(test.lines());
    await terminal.type('t');
    expect(frame()[0]).toContain('1 of 5 resolved');
    expect(frame()).toEqual(test.lines());
  });

  it('takes keys that come in one piece one by one, and arrows and Escape by name', async () => {
    const { terminal, test, frame } = await shown();
    await terminal.type('tno');
    expect(test.session.resolution.resolved).toBe(2);
    await terminal.type('\u001b[D');
    expect(test.session.position.index).toBe(0);
    await terminal.type('e\r');
    await terminal.type('\u0015');
    await terminal.type('7\u007f8.5\r');
    expect(frame().join('\n')).toContain('balance is given by hand');
    expect(test.session.resolution.choice(0)?.row).toContain('"balance":"8.50"');
  });

  it('takes pasted text for typed, never for keys', async () => {
    const { terminal, test } = await shown();
    await terminal.type('\u001b[200~ttt\u001b[201~');
    expect(test.session.resolution.resolved).toBe(0);
    await terminal.type('/');
    await terminal.type('\u001b[200~bob\u001b[201~');
    expect(test.session.position.filter).toBe('bob');
  });

  it('follows the terminal when it is resized', async () => {
    const { terminal, test, frame } = await shown();
    for (const [columns, rows] of [
      [60, 15],
      [200, 50],
      [80, 24],
    ] as const) {
      terminal.resize(columns, rows);
      await terminal.type('');
      expect(frame()).toEqual(test.lines({ columns, rows }));
    }
  });

  it('gives every choice to be written down, and says how the person left', async () => {
    const { terminal, recorded, screen } = await shown();
    const ended = screen.waitUntilExit();
    await terminal.type('tnoqt');
    expect(await ended).toBe('leave');
    expect(recorded.map(({ choice }) => choice?.way)).toEqual(['theirs', 'ours']);
    expect(terminal.isRaw).toBe(false);
  });

  it('ends with the error when a choice cannot be written down', async () => {
    const fault = new AergoError('AERGO_STORE_FULL', 'there is no room left on the disk');
    const { terminal, screen } = await shown(() => Promise.reject(fault));
    const ended = screen.waitUntilExit();
    ended.catch(() => undefined);
    await terminal.type('t');
    await expect(ended).rejects.toBe(fault);
  });

  it('is interrupted by Ctrl-C', async () => {
    const { terminal, screen } = await shown();
    const ended = screen.waitUntilExit();
    await terminal.type('\u0003');
    expect(await ended).toBe('interrupt');
  });
});
