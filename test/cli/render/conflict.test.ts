import { expect, test } from 'vitest';
import type { OpenPending } from '../../../src/cli/face.ts';
import { plainStyle } from '../../../src/cli/output.ts';
import { conflictLines } from '../../../src/cli/render/conflict.ts';
import { accountConflict } from '../../support/conflicts.ts';
import { TestSession } from '../../tui/sessions.ts';

const listed = ({ session: { merge, resolution } }: TestSession) =>
  [...conflictLines({ merge, resolution } as OpenPending, resolution.matching(''), plainStyle)].join('\n');

test('a list shows what was given by hand or made of both, also in columns in which the sides are alike', () => {
  const pending = new TestSession();
  pending.session.resolution.edit(0, new Map([['tags', '["seen"]']]));
  pending.session.resolution.take([1], 'theirs');
  pending.session.resolution.take([2], 'both');
  expect(listed(pending)).toMatchInlineSnapshot(`
    "what-if → main, agreed merge: 3 of 5 resolved
    bank.accounts   5 conflicts
                              base     main     what-if   result
     ✓ alice        balance   100.00   50.00    20.00     50.00      edited
                    note      first    first    second    first
                    tags      []       []       []        ["seen"]
     ✓ bob          balance   100.00   no row   20.00                theirs
     ✓ acc0000000   balance   100.00   101.00   201.50    202.50     both
     · acc0000001   balance   100.00   102.00   202.50
     · acc0000002   balance   100.00   103.00   203.50
       alice: both sides spent more than there is"
  `);
});

test('a key and a value that are long take a part of the line, and the key stands below it', () => {
  const [key, note] = ['k'.repeat(104), 'n'.repeat(300)];
  const conflict = accountConflict(key, { note: '' }, { note }, { note: 'NULL' });
  expect(listed(new TestSession([{ ...conflict, writers: {} }]))).toMatchInlineSnapshot(`
    "what-if → main, agreed merge: 0 of 1 resolved
    bank.accounts   1 conflict
                                                         base   main                                                         what-if
     · kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk…   note   ''     nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn… (300 characters)   'NULL'
       kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"
  `);
});
