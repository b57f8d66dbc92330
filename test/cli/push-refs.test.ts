/** What `aergo push` is asked to move, and what a lease says, from the words of its command line. */
import { expect, test } from 'vitest';
import { leases, pushedRefs, withBareLeases } from '../../src/cli/push-refs.ts';
import { AergoError } from '../../src/errors.ts';
import type { Oid } from '../../src/object/oid.ts';

const [here, there] = ['a'.repeat(64) as Oid, 'b'.repeat(64) as Oid];
const seen = (branch: string): Oid | null => (branch === 'main' ? here : null);
const pushed = pushedRefs(['main', 'what-if:other', 'tags/v1'], 'main', false);

test('words say what moves where', () => {
  expect(pushed).toEqual([
    { source: 'main', target: 'main' },
    { source: 'what-if', target: 'other' },
    { source: 'tags/v1', target: 'tags/v1' },
  ]);
  expect(pushedRefs([], 'main', false)).toEqual([{ source: 'main', target: 'main' }]);
  expect(pushedRefs([':old', 'refs/heads/x'], 'main', true)).toEqual([
    { source: null, target: 'old' },
    { source: null, target: 'x' },
  ]);
  for (const words of [['+main'], ['a:b:c'], ['-x']])
    expect(() => pushedRefs(words, 'main', false)).toThrow(AergoError);
  expect(() => pushedRefs([], 'main', true)).toThrow(/--delete needs/);
});

test('a lease names a ref as it was seen last, or where it stands; without a name it is all that is pushed, as with Git', () => {
  expect([...leases(['main', 'new'], pushed, seen)]).toEqual([
    ['main', here],
    ['new', null],
  ]);
  expect([...leases([`main:${there}`, 'other:'], pushed, seen)]).toEqual([
    ['main', there],
    ['other', null],
  ]);
  const words = withBareLeases(['--force-with-lease', 'origin', 'main', '--force-with-lease=x']);
  expect(words).toEqual(['--force-with-lease=*', 'origin', 'main', '--force-with-lease=x']);
  expect([...leases(['*'], pushed, seen).keys()]).toEqual(['main', 'other', 'tags/v1']);
  expect(() => leases(['main:abc'], pushed, seen)).toThrow(/with the whole id/);
});
