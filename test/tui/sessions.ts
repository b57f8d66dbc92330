/** Sessions of `aergo resolve` for tests: conflicts of a bank, keys pressed by name, and the screen as plain text. */
import type { RowConflict } from '../../src/merge/conflict.ts';
import { Resolution } from '../../src/merge/resolution.ts';
import { parseOid } from '../../src/object/oid.ts';
import type { PendingConflict, SideWriter } from '../../src/repository/pending-conflicts.ts';
import type { PendingMerge } from '../../src/repository/pending-folder.ts';
import { paintWith } from '../../src/tui/lines.ts';
import { type Effect, ResolveSession } from '../../src/tui/resolve-session.ts';
import { type Size, screenLines } from '../../src/tui/screen-lines.ts';
import { accountConflict, accounts, manyConflicts } from '../support/conflicts.ts';
import { keyOf } from '../support/repository.ts';

const oid = (digit: string) => parseOid(digit.repeat(64));

const merge: PendingMerge = {
  target: 'main',
  source: 'what-if',
  parents: [oid('1'), oid('2')],
  mode: 'agreed',
  pinned: false,
  begun: 1_790_000_000_000,
  conflicts: { total: 12, byContract: 7, left: 5 },
  digest: '0'.repeat(64),
};

const writer = (digit: string, description: string, height: number, name?: string): SideWriter => ({
  block: oid('b'),
  transaction: oid(digit) as unknown as NonNullable<SideWriter['transaction']>,
  author: keyOf('ada').id,
  description,
  height,
  ...(name === undefined ? {} : { name }),
});

const alice = accountConflict(
  'alice',
  { balance: '100.00', note: 'first' },
  { balance: '50.00', note: 'first' },
  { balance: '20.00', note: 'second' },
);

/** Alice, whose balance both sides changed, with who did it; Bob, whom ours deleted; three more. */
export const conflicts: readonly PendingConflict[] = [
  {
    ...alice,
    left: 'both sides spent more than there is',
    writers: {
      ours: writer('3', 'bank.pay alice bob 50', 6, 'ada'),
      theirs: writer('9', 'bank.pay alice carol 80', 5),
    },
  },
  { ...accountConflict('bob', { balance: '100.00' }, null, { balance: '20.00' }), writers: {} },
  ...manyConflicts(3).map((conflict): PendingConflict => ({ ...conflict, writers: {} })),
];

/** A conflict of a UNIQUE between Carol, of ours, and Dave, of theirs. */
export const constraintConflicts: readonly PendingConflict[] = [
  accountConflict('carol', null, { note: 'x' }, null),
  accountConflict('dave', null, null, { note: 'x' }),
].map((conflict, _at, both: readonly RowConflict[]) => ({
  ...conflict,
  kind: 'constraint',
  failed: {
    constraint: 'accounts_note_key',
    count: both.length,
    rows: both.map(({ table, name }) => [table, name]),
  },
  writers: {},
}));

const names: Readonly<Record<string, string>> = {
  '↑': 'up',
  '↓': 'down',
  '⏎': 'enter',
  '⎋': 'escape',
  '⌫': 'backspace',
};

/** A session with what came of it. */
export class TestSession {
  readonly session: ResolveSession;
  readonly effects: Effect[] = [];

  constructor(of: readonly PendingConflict[] = conflicts) {
    this.session = new ResolveSession(merge, new Resolution([accounts], of));
  }

  /** Presses keys, a character each; `⏎ ⎋ ⌫ ↑ ↓` are the keys that they show. */
  press(keys: string): this {
    for (const key of keys) {
      const name = names[key] ?? key;
      const effect = this.session.press({ name, text: name === key ? key : '' });
      if (effect !== undefined) this.effects.push(effect);
    }
    return this;
  }

  /** Presses a key by its name. */
  key(name: string): this {
    const effect = this.session.press({ name, text: '' });
    if (effect !== undefined) this.effects.push(effect);
    return this;
  }

  lines({ columns, rows }: Size = { columns: 80, rows: 24 }): string[] {
    const paint = paintWith(false);
    return screenLines(this.session, { columns, rows }).map((line) => paint(line).trimEnd());
  }

  screen(columns = 80, rows = 24): string {
    return this.lines({ columns, rows }).join('\n');
  }
}
