import { describe, expect, it } from 'vitest';
import { signSsh } from '../../src/crypto/sshsig.ts';
import { relate, verifyVersions } from '../../src/directory/chain.ts';
import { PublishedBlocks } from '../../src/directory/published.ts';
import { commitPayload, encodeCommit } from '../../src/object/commit.ts';
import type { Oid } from '../../src/object/oid.ts';
import { organisation } from '../support/directory.ts';
import { keyOf } from '../support/repository.ts';

const ada = keyOf('ada');
const eve = keyOf('eve');
const server = keyOf('server');

describe('the chain', () => {
  it('is verified version by version: one that is wrong under good ones is found', () => {
    const world = organisation();
    const good = world.newest;
    world.keep(world.write(world.members(['mallory', { roles: ['admin'] }]), { key: eve }));
    const after = world.write({}, { key: keyOf('mallory') });
    expect(() => verifyVersions(world.context, after.id, good.id)).toThrow(/may not change members or policy/);
    expect(() => world.verify(after)).toThrow(/may not change members or policy/);
  });

  it('stays good when the blocks of a branch that ended are gone', () => {
    const world = organisation();
    const absent = world.block(world.genesis.id, 'side', 'aaaaaaaaaaaaaaaa');
    world.next(world.heads(['main', world.genesis.id], ['side', absent, 'aaaaaaaaaaaaaaaa']), { key: server });
    world.next(world.heads(['main', world.genesis.id]));
    const history = {
      has: (id: Oid) => id !== absent && world.history.has(id),
      reachesHere: world.history.reachesHere.bind(world.history),
      isCut: false,
    };
    expect(verifyVersions({ ...world.context, history }, world.newest.id)).toHaveLength(5);
  });

  it('tells forward from back and from aside', () => {
    const world = organisation();
    const known = world.newest;
    const ahead = world.next(world.members(['eve', { roles: ['read'] }]));
    expect(relate(world.context, known.id, known.id)).toEqual({ kind: 'forward', versions: [] });
    expect(relate(world.context, known.id, ahead.id)).toEqual({ kind: 'forward', versions: [ahead.id] });
    expect(relate(world.context, ahead.id, known.id)).toEqual({ kind: 'rollback', known: ahead.id, found: known.id });
    world.keep(known);
    const aside = world.next(world.members(['eve', { roles: ['seal'] }]));
    const further = world.next({});
    for (const found of [aside, further]) {
      const relation = { kind: 'equivocation', known: ahead.id, found: aside.id };
      expect(relate(world.context, ahead.id, found.id)).toEqual(relation);
    }
    world.keep(ahead);
    const longer = world.next({});
    expect(relate(world.context, longer.id, aside.id)).toMatchObject({ kind: 'equivocation', found: aside.id });
  });

  it('takes nothing for evidence that was not rightly signed', () => {
    const world = organisation();
    const known = world.newest;
    const ahead = world.next(world.members(['eve', { roles: ['read'] }]));
    world.keep(known);
    const forged = world.write(world.members(['eve', { roles: ['admin'] }]), { key: eve });
    expect(() => relate(world.context, ahead.id, forged.id)).toThrow(/may not change members or policy/);
  });

  it('refuses the directory of another repository', () => {
    const world = organisation();
    const { signature: _, ...unsigned } = world.first.commit;
    const commit = { ...unsigned, author: { ...unsigned.author, seconds: 1 } };
    const signature = signSsh(ada, commitPayload(commit), 'git');
    const other = world.buffer.put('commit', encodeCommit({ ...commit, signature }));
    expect(() => relate(world.context, world.newest.id, other)).toThrow(/another repository/);
  });
});

describe('what is published', () => {
  it('is what the heads of versions below reach, and nothing else', () => {
    const world = organisation();
    const one = world.block(world.genesis.id);
    const two = world.block(one);
    const side = world.block(one, 'side', 'aaaaaaaaaaaaaaaa');
    const three = world.block(two);
    world.next(world.heads(['main', one], ['side', side, 'aaaaaaaaaaaaaaaa']));
    world.next(world.heads(['main', two]));
    world.next(world.heads(['main', three]));
    const published = new PublishedBlocks(world.versions, world.newest.id, world.history);
    const below = (version: number) =>
      [world.genesis.id, one, two, side, three].map((block) => published.isPublishedBelow(block, version));
    expect(below(4)).toEqual([true, false, false, false, false]);
    expect(below(5)).toEqual([true, true, false, true, false]);
    expect(below(6)).toEqual([true, true, true, true, false]);
    expect(below(7)).toEqual([true, true, true, true, true]);
  });

  it('is not guessed where the history is cut: what no head that is there reaches may have been published by one that is not', () => {
    const world = organisation();
    const one = world.block(world.genesis.id);
    const two = world.block(one);
    const three = world.block(two);
    world.next(world.heads(['main', one]));
    world.next(world.heads(['main', two]));
    world.next(world.heads(['main', three]));
    const here = [two, three];
    const ancestry = {
      isCut: true,
      has: (id: Oid) => here.includes(id),
      record: world.history.record.bind(world.history),
    };
    const published = new PublishedBlocks(world.versions, world.newest.id, ancestry);
    expect(published.isPublishedBelow(two, 6)).toBe(true);
    expect(() => published.isPublishedBelow(three, 6)).toThrow(/cannot be told from a part/);
    expect(published.isPublishedBelow(three, 7)).toBe(true);
  });
});
