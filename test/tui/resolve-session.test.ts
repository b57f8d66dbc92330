import { describe, expect, it, vi } from 'vitest';
import { displayWidth } from '../../src/cli/render/visible.ts';
import type { FailedConstraint } from '../../src/merge/conflict.ts';
import { decodeRow } from '../../src/state/row.ts';
import { ResolveSession } from '../../src/tui/resolve-session.ts';
import { accountConflict, manyConflicts } from '../support/conflicts.ts';
import { conflicts, constraintConflicts, TestSession } from './sessions.ts';

const chosen = ({ session }: TestSession, index = session.position.index ?? 0) => session.resolution.choice(index);
const row = (test: TestSession) => ({ ...decodeRow(chosen(test)?.row ?? '{}\n') });

describe('the screen', () => {
  it('shows the base, both changes with who stands behind them, and what will stand', () => {
    expect(new TestSession().screen()).toMatchInlineSnapshot(`
      " what-if → main   agreed merge                                  0 of 5 resolved
       bank.accounts alice                                              1 of 5   open
      ────────────────────────────────────────────────────────────────────────────────
        left to people: both sides spent more than there is

        base
           balance   100.00
           note      first

        main (ours)   3333333 · ada · block 6 · bank.pay alice bob 50
        !  balance   100.00 → 50.00

        what-if (theirs)   9999999 · ed25519:vX8d… · block 5 · bank.pay alice carol 80
        !  balance   100.00 → 20.00
        ~  note      first → second

        result   open
        !  balance   ?
        ~  note      ?
           owner     alice
        ↓ 3 lines below: ↓ or PgDn
      ────────────────────────────────────────────────────────────────────────────────

       o ours  t theirs  b base  + both  e edit  u undo  s seal  q leave  ? help"
    `);
  });

  it('shows what was chosen', () => {
    expect(new TestSession().press('t').screen()).toMatchInlineSnapshot(`
      " what-if → main   agreed merge                                  1 of 5 resolved
       bank.accounts alice                                          1 of 5   ✓ theirs
      ────────────────────────────────────────────────────────────────────────────────
        left to people: both sides spent more than there is

        base
           balance   100.00
           note      first

        main (ours)   3333333 · ada · block 6 · bank.pay alice bob 50
        !  balance   100.00 → 50.00

        what-if (theirs)   9999999 · ed25519:vX8d… · block 5 · bank.pay alice carol 80
        !  balance   100.00 → 20.00
        ~  note      first → second

        result   as on what-if (theirs)
        !  balance   20.00
        ~  note      second
           owner     alice
        ↓ 3 lines below: ↓ or PgDn
      ────────────────────────────────────────────────────────────────────────────────
       as on what-if (theirs)
       o ours  t theirs  b base  + both  e edit  u undo  s seal  q leave  ? help"
    `);
  });

  it('puts the sides beside each other, and back', () => {
    const test = new TestSession().press('tv');
    expect(test.screen()).toMatchInlineSnapshot(`
      " what-if → main   agreed merge                                  1 of 5 resolved
       bank.accounts alice                                          1 of 5   ✓ theirs
      ────────────────────────────────────────────────────────────────────────────────
        left to people: both sides spent more than there is

        main (ours)   3333333 · ada · block 6 · bank.pay alice bob 50
        what-if (theirs)   9999999 · ed25519:vX8d… · block 5 · bank.pay alice carol 80

                    base             main             what-if          result
        !  balance  100.00           50.00 ~          20.00 ~          20.00
           note     first            first            second ~         second
           owner    alice            alice            alice            alice
           tags     []               []               []               []
           state    open             open             open             open
           shown    (alice)          (alice)          (alice)          (alice)






      ────────────────────────────────────────────────────────────────────────────────

       o ours  t theirs  b base  + both  e edit  u undo  s seal  q leave  ? help"
    `);
    const again = test.press('v').lines();
    expect(again.slice(0, 21)).toEqual(new TestSession().press('t').lines().slice(0, 21));
  });

  it('shows a row that one side deleted', () => {
    expect(new TestSession().press('no').screen(60, 15)).toMatchInlineSnapshot(`
      " what-if → main   agreed merge              1 of 5 resolved
       bank.accounts bob                          2 of 5   ✓ ours
      ────────────────────────────────────────────────────────────
        base
           balance   100.00
        main (ours)
        -  deleted
        what-if (theirs)
        !  balance   100.00 → 20.00
        result   as on main (ours)
        -  no row


      ────────────────────────────────────────────────────────────
       as on main (ours)"
    `);
  });

  it('names some of many rows that a constraint fails between, the one that is shown among them, and counts the others', () => {
    const one = accountConflict('zoe', null, { note: 'x' }, null);
    const failed: FailedConstraint = {
      constraint: 'accounts_note_key',
      count: 10_001,
      rows: [['bank.accounts', 'anna-']],
    };
    const test = new TestSession([{ ...one, kind: 'constraint', failed, writers: {} }]);
    expect(test.screen().split('\n').slice(3, 7)).toEqual([
      '  constraint accounts_note_key fails between 10,001 rows',
      '    bank.accounts anna-   open',
      '    bank.accounts zoe   on main   this one',
      '    and 9,999 more',
    ]);
  });

  it('shows all rows that a constraint fails between, and what becomes of each', () => {
    const test = new TestSession(constraintConflicts);
    expect(test.press('no').screen()).toMatchInlineSnapshot(`
      " what-if → main   agreed merge                                  1 of 2 resolved
       bank.accounts dave                                             2 of 2   ✓ ours
      ────────────────────────────────────────────────────────────────────────────────
        constraint accounts_note_key fails between 2 rows
          bank.accounts carol   on main   open
          bank.accounts dave   on what-if   this one

        base   no row

        main (ours)
        -  no row

        what-if (theirs)
        +  owner     dave
        +  balance   0.00
        +  note      x
        +  tags      []
        +  state     open
        +  shown     (dave)

        ↓ 2 lines below: ↓ or PgDn
      ────────────────────────────────────────────────────────────────────────────────
       as on main (ours)
       o ours  t theirs  b base  e edit  u undo  s seal  q leave  ? help"
    `);
  });

  it('lists the conflicts beside the row where there is room', () => {
    expect(new TestSession().press('o').screen(120, 20)).toMatchInlineSnapshot(`
      " what-if → main   agreed merge                                                                          1 of 5 resolved
       bank.accounts alice                                                                                    1 of 5   ✓ ours
      ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
      ▸ ✓ alice                  ours │   left to people: both sides spent more than there is
        · bob           bank.accounts │
        · acc0000000    bank.accounts │   base
        · acc0000001    bank.accounts │      balance   100.00
        · acc0000002    bank.accounts │      note      first
                                      │
                                      │   main (ours)   3333333 · ada · block 6 · bank.pay alice bob 50
                                      │   !  balance   100.00 → 50.00
                                      │
                                      │   what-if (theirs)   9999999 · ed25519:vX8d… · block 5 · bank.pay alice carol 80
                                      │   !  balance   100.00 → 20.00
                                      │   ~  note      first → second
                                      │
                                      │   ↓ 7 lines below: ↓ or PgDn
      ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────────
       as on main (ours)
       o ours  t theirs  b base  + both  e edit  u undo  Enter next open  n p move  a all  / filter  s seal  q leave  ? help"
    `);
  });

  it.each([
    [80, 24],
    [60, 15],
    [200, 50],
    [41, 11],
    [20, 4],
  ])('fills %i×%i exactly, whatever is shown, and always says how many are resolved', (columns, rows) => {
    const wide = accountConflict(
      '名前'.repeat(9),
      { note: '長い'.repeat(70) },
      { note: 'é'.repeat(200) },
      { note: '\t\u001b[2J😀' },
    );
    for (const keys of ['', 'v', '?', '/名', 'e⏎', 'oa', 'a', 'onononononos', 'nv', 'vnno', '/zzz⏎']) {
      const test = new TestSession([{ ...wide, writers: {} }, ...conflicts]).press(keys);
      const lines = test.lines({ columns, rows });
      expect(lines).toHaveLength(rows);
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns);
      expect(lines[0]).toMatch(/\d of 6 resolved$/);
      expect(lines.join('')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    }
  });

  it('tells NULL, nothing and the text NULL apart', () => {
    const conflict = accountConflict('x', { note: null }, { note: 'NULL' }, { note: '' });
    const screen = new TestSession([{ ...conflict, writers: {} }]).screen();
    expect(screen).toContain("NULL → 'NULL'");
    expect(screen).toContain("NULL → ''");
  });

  it('shows the beginning of a value that is very long, and how long it is', () => {
    const conflict = accountConflict('x', { note: '' }, { note: 'a'.repeat(1_000_000) }, { note: 'b' });
    const test = new TestSession([{ ...conflict, writers: {} }]);
    test.screen();
    expect(test.session.position.extent.lines).toBeLessThan(100);
    expect(test.screen(200, 50)).toContain('aaa… (1,000,000 characters)');
  });

  it('scrolls a row that is longer than the screen, and no further', () => {
    const test = new TestSession();
    expect(test.screen(60, 12)).toContain('lines below');
    test.press('↓'.repeat(50));
    const end = test.screen(60, 12);
    expect(end).toContain('lines above');
    expect(end).toContain('shown     (alice)');
    expect(test.press('↑').screen(60, 15)).not.toBe(end);
    expect(test.press('n').screen(60, 15)).not.toContain('lines above');
  });
});

describe('keys', () => {
  it.each([
    ['o', 'ours'],
    ['t', 'theirs'],
    ['b', 'base'],
    ['d', 'delete'],
  ])('%s chooses, and what is chosen is to be written down', (key, way) => {
    const test = new TestSession().press(key);
    expect(chosen(test)?.way).toBe(way);
    expect(test.effects).toEqual([{ kind: 'record', changes: [{ conflict: conflicts[0], choice: chosen(test) }] }]);
  });

  it('+ takes both changes where they go together, and says where they do not', () => {
    const test = new TestSession().press('n+');
    expect([chosen(test), test.effects, test.session.message?.isComplaint]).toEqual([undefined, [], true]);
    expect(row(test.press('n+')).balance).toBe('202.50');
    expect(test.screen()).toContain('+ both');
    expect(test.press('pp').screen()).toContain('+ both');
    expect(test.press('n').screen()).not.toContain('+ both');
  });

  it('n and p move, Enter goes to the next that is open, N and P too', () => {
    const test = new TestSession();
    const at = (keys: string) => test.press(keys).session.position.index;
    expect([at('n'), at('n'), at('p'), at('pp')]).toEqual([1, 2, 1, 0]);
    expect(at('nono')).toBe(2);
    expect([at('p⏎'), at('⏎'), at('N'), at('P')]).toEqual([3, 4, 0, 4]);
    expect([at('g'), at('G'), at('n')]).toEqual([0, 4, 4]);
  });

  it('e gives a column by hand, checked as the column is', () => {
    const test = new TestSession().press('e⏎').key('ctrl-u').press('12.5⏎');
    expect(row(test).balance).toBe('12.50');
    test.press('⏎').key('ctrl-u').press('12,5⏎');
    expect(test.session.message).toEqual({ text: 'balance numeric(15,2): "12,5" is not a number', isComplaint: true });
    expect(test.press('⌫⌫5⏎').session.message?.isComplaint).toBe(false);
    expect(row(test).balance).toBe('125.00');
    test.press('↓⏎').key('ctrl-n');
    expect(row(test).note).toBeNull();
    test.press('⎋');
    expect([test.session.mode.kind, chosen(test)?.way]).toEqual(['browse', 'edit']);
  });

  it('e starts from what was chosen, and leaves it as it is when it is given up', () => {
    const test = new TestSession().press('te⏎');
    expect(test.screen()).toContain('20.00');
    test.press('9⎋⎋');
    expect([chosen(test)?.way, row(test).balance]).toEqual(['theirs', '20.00']);
  });

  it('u undoes step by step, also what was done to a whole table', () => {
    const test = new TestSession().press('nttp').press('oay');
    expect(test.session.resolution.resolved).toBe(5);
    test.press('u');
    expect([test.session.resolution.resolved, chosen(test, 1)?.way]).toEqual([2, 'theirs']);
    test.press('uuu');
    expect([test.session.resolution.resolved, test.press('u').session.message?.text]).toEqual([
      0,
      'there is nothing to undo',
    ]);
    expect(test.effects.at(-1)).toEqual({ kind: 'record', changes: [{ conflict: conflicts[1] }] });
  });

  it('a does the same to the table after asking, and says what it replaces', () => {
    const test = new TestSession().press('a');
    expect(test.session.message?.text).toContain('first: a then does the same');
    test.press('nbpta');
    expect(test.screen()).toContain('theirs for 5 conflicts of this table (1 chosen otherwise)?');
    test.press('x');
    expect([test.session.resolution.resolved, test.session.message?.text]).toEqual([2, 'nothing was changed']);
    test.press('ay');
    expect(test.session.resolution.resolved).toBe(5);
    expect(chosen(test, 1)?.way).toBe('theirs');
  });

  it('/ shows only what has a text in table or key, and a does it to those', () => {
    const test = new TestSession().press('/ACC0⏎');
    expect(test.lines()[1]).toContain('filter "ACC0"   1 of 3');
    test.press('oay');
    expect(test.session.resolution.resolved).toBe(3);
    expect(chosen(test, 0)).toBeUndefined();
    test.press('⏎');
    expect(test.session.message?.text).toBe('all that the filter shows are resolved: / changes it');
    test.press('/').key('ctrl-u').press('zzz⏎o');
    expect([test.session.position.index, test.session.message?.isComplaint]).toEqual([undefined, true]);
    for (const key of 'npNPgGj')
      expect(test.press(key).session.message?.text).toBe('the filter shows no conflict: / changes it');
    test.press('/⎋');
    expect(test.session.position.shown).toHaveLength(5);
  });

  it('s asks before it seals, and shows what will stand', () => {
    const test = new TestSession();
    expect(test.press('s').session.message?.text).toBe('5 conflicts still open: Enter goes to the next');
    test.press('tnonb').press('n+').press('no');
    test.press('s');
    expect(test.screen()).toMatchInlineSnapshot(`
      " what-if → main   agreed merge                                  5 of 5 resolved
       bank.accounts acc0000002                                       5 of 5   ✓ ours
      ────────────────────────────────────────────────────────────────────────────────
        a block on main: agreed merge of what-if
        5 conflicts: 1 theirs, 2 ours, 1 the base, 1 both changes
        the contract settled 7 more

        bank.accounts alice   balance 50.00 → 20.00   note first → second
        bank.accounts bob   no row, as it is
        bank.accounts acc0000000   balance 101.00 → 100.00
        bank.accounts acc0000001   balance 102.00 → 204.50
        bank.accounts acc0000002   as it is









      ────────────────────────────────────────────────────────────────────────────────

       Seal this?   y seals   ↑ ↓ scroll   any other key: back"
    `);
    test.press('n');
    expect([test.session.mode.kind, test.effects.some(({ kind }) => kind === 'seal')]).toEqual(['browse', false]);
    expect(test.press('sy').effects.at(-1)).toEqual({ kind: 'seal' });
  });

  it('s shows all of what is long, on lines of their own, and scrolls to the last on a small screen', () => {
    const note = Array.from({ length: 90 }, (_, at) => String(at % 10)).join('');
    const one = accountConflict('alice', { note: 'a' }, { note: 'b' }, { note });
    const test = new TestSession([{ ...one, writers: {} }, ...conflicts.slice(2)]);
    test.press('ta').press('ys');
    const seen: string[] = [];
    for (let page = 0; page < 8; page += 1) {
      seen.push(test.screen(60, 12));
      test.press('↓');
    }
    expect(seen[0]).toMatchInlineSnapshot(`
      " what-if → main   agreed merge              4 of 4 resolved
       bank.accounts alice                      1 of 4   ✓ theirs
      ────────────────────────────────────────────────────────────
        a block on main: agreed merge of what-if
        4 conflicts: 4 theirs; the contract settled 7 more

        bank.accounts alice
           note b → 0123456789012345678901234567890123456789012345
           67890123456789012345678901234567890123456789
        bank.accounts acc0000000   balance 101.00 → 201.50
      ────────────────────────────────────────────────────────────
       Seal this?   y seals   ↑ ↓ scroll   any other key: back"
    `);
    expect(seen.at(-1)).toContain('acc0000002   balance 103.00 → 203.50');
    expect(seen.at(-1)).toBe(seen.at(-2));
  });

  it('q leaves, Ctrl-C interrupts, also while something is asked or typed', () => {
    expect(new TestSession().press('q').effects).toEqual([{ kind: 'leave' }]);
    for (const keys of ['', 'e⏎', '/', '?', 'ta'])
      expect(new TestSession().press(keys).key('ctrl-c').effects.at(-1)).toEqual({ kind: 'interrupt' });
    expect(new TestSession().press('/q').effects).toEqual([]);
  });

  it('what is pasted is typed, and is no command', () => {
    const test = new TestSession();
    test.session.paste('ttt');
    expect(test.session.resolution.resolved).toBe(0);
    test.press('/').session.paste('bob\n');
    expect(test.session.position.index).toBe(1);
  });

  it('begins with the first conflict that is open', () => {
    const test = new TestSession().press('on');
    const again = new ResolveSession(test.session.merge, test.session.resolution);
    expect(again.position.index).toBe(1);
  });
});

describe('a thousand conflicts and more', () => {
  it('cost a screen what is visible, not what there is: so many rows are looked at', () => {
    const looks = [200, 20_000].map((count) => {
      const test = new TestSession(manyConflicts(count).map((one) => ({ ...one, writers: {} }))).press('nnno');
      const look = vi.spyOn(test.session.resolution, 'conflict');
      test.screen(200, 50);
      return look.mock.calls.length;
    });
    expect(looks[1]).toBe(looks[0]);
    expect(looks[1]).toBeLessThan(100);
  });
});
