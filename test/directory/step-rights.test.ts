import { describe, expect, it } from 'vitest';
import type { Policy } from '../../src/directory/files.ts';
import { type Changed, rotated } from '../../src/directory/next-version.ts';
import { readTree } from '../../src/object/source.ts';
import { type DirectoryWorld, organisation, refusal, withTree } from '../support/directory.ts';
import { keyOf } from '../support/repository.ts';

const ada = keyOf('ada');
const bob = keyOf('bob');
const eve = keyOf('eve');
const server = keyOf('server');

/** Main is like any other branch. */
function withoutRules(world: DirectoryWorld): Policy {
  const { rules: _, ...policy } = world.newest.policy;
  return policy;
}

describe('who may sign a version', () => {
  it('refuses an outsider, a revoked member, and who may only write', () => {
    const world = organisation();
    expect(refusal(world, world.write({}, { key: keyOf('mallory') }))).toMatch(/is no member/);
    expect(refusal(world, world.write({}, { key: eve }))).toMatch(/eve, who signed it, may not publish/);
    expect(refusal(world, world.write(world.members(['eve', { roles: ['admin'] }]), { key: eve }))).toMatch(
      /eve, who signed it, may not change members or policy/,
    );
    world.next(world.members(['bob', { revoked: { reason: 'lost', version: 4 } }]));
    expect(refusal(world, world.write({}, { key: bob }))).toMatch(/was revoked in version 4/);
  });

  it('lets who publishes move heads and nothing else', () => {
    const world = organisation();
    const heads = world.heads(['main', world.block(world.genesis.id)]);
    expect(
      refusal(world, world.write({ ...heads, ...world.members(['eve', { roles: ['read'] }]) }, { key: server })),
    ).toMatch(/server, who signed it, may not change members or policy/);
    expect(
      refusal(world, world.write({ policy: { ...world.newest.policy, visibility: 'private' } }, { key: server })),
    ).toMatch(/may not change members or policy/);
    expect(refusal(world, world.write(heads, { key: server }))).toBe('nothing');
  });

  it('lets who publishes move heads forward only: going back, beginning anew and dropping take an admin', () => {
    const world = organisation();
    world.next({ policy: withoutRules(world) });
    const first = world.block(world.genesis.id);
    const main = world.block(first);
    const named = world.snapshot('v1', first);
    world.next({ ...world.heads(['main', main]), ...named }, { key: server });
    const taken: Changed[] = [
      world.heads(['main', first]),
      world.heads(['main', main, 'bbbbbbbbbbbbbbbb']),
      { heads: new Map() },
      { tags: new Map() },
      world.snapshot('v1', main),
    ];
    for (const changed of taken) {
      expect(refusal(world, world.write(changed, { key: server }))).toMatch(
        /^directory \w+: server, who signed it, is no admin, and refs\/(heads\/main|tags\/v1) moves other than forward$/,
      );
      expect(refusal(world, world.write(changed))).toBe('nothing');
      expect(refusal(world, world.write(changed, { key: server, approvals: [bob] }))).toBe('nothing');
    }
    expect(refusal(world, world.write(world.heads(['main', world.block(main)]), { key: server }))).toBe('nothing');
  });

  it('lets who publishes say what a branch is bound to when its first block has settled that', () => {
    const world = organisation();
    const first = world.block(world.genesis.id);
    const made = world.heads(['main', first], ['side', first, 'cccccccccccccccc']);
    world.next(made, { key: server });
    const own = world.block(first, 'side', 'aaaaaaaaaaaaaaaa');
    const begun = world.heads(['main', first], ['side', own, 'aaaaaaaaaaaaaaaa']);
    world.next(begun, { key: server });
    expect(world.newest.heads.get('side')?.start).toBe('aaaaaaaaaaaaaaaa');
  });

  it('judges by the version before: nobody makes himself an admin', () => {
    const world = organisation();
    const mallory = keyOf('mallory');
    const members = world.members(['mallory', { roles: ['admin'] }]);
    expect(refusal(world, world.write(members, { key: mallory }))).toMatch(/is no member/);
  });

  it('refuses to let a key give up another member’s, or take more than its place', () => {
    const world = organisation();
    const taken = rotated(world.newest, bob.id, keyOf('mallory').id, 'rotated');
    expect(refusal(world, world.write({ members: taken }, { key: eve }))).toMatch(/may not change members/);
    const more = new Map(rotated(world.newest, eve.id, keyOf('eve 2').id, 'rotated'));
    more.set(keyOf('mallory').id, { from: 4, name: 'mallory', roles: ['write'] });
    expect(refusal(world, world.write({ members: more }, { key: eve }))).toMatch(/may not change members/);
  });
});

describe('thresholds', () => {
  function guarded(): DirectoryWorld {
    const world = organisation();
    world.next({ policy: { ...world.newest.policy, threshold: 2 } });
    return world;
  }

  it('take as many admins, who sign or approve, before members or policy change', () => {
    const world = guarded();
    const change = world.members(['eve', { roles: ['seal', 'write'] }]);
    expect(refusal(world, world.write(change))).toMatch(/it takes 2 admins before members or policy change, 1 agreed/);
    world.next(change, { approvals: [bob] });
    expect(world.newest.members.get(eve.id)?.roles).toEqual(['seal', 'write']);
  });

  it('are not met by one key counted twice', () => {
    const world = guarded();
    expect(refusal(world, world.write(world.members(['eve', { roles: ['read'] }]), { approvals: [ada] }))).toMatch(
      /signed it and approves it too/,
    );
  });

  it('are not met by who is no admin, nor by an approval of something else', () => {
    const world = guarded();
    const change = world.members(['eve', { roles: ['read'] }]);
    expect(refusal(world, world.write(change, { approvals: [eve] }))).toMatch(/who approves it, is no admin/);
    const other = world.write(world.members(['eve', { roles: ['admin'] }]), { approvals: [bob] });
    const version = world.write(change, { approvals: [bob] });
    const approvals = readTree(world.buffer, other.commit.tree).filter(({ name }) => name === 'approvals');
    const forged = withTree(world, version, (entries) => [
      ...entries.filter(({ name }) => name !== 'approvals'),
      ...approvals,
    ]);
    expect(refusal(world, forged)).toMatch(/the approval of .* does not hold/);
  });

  it('are not needed to give up one’s own key, nor to publish', () => {
    const world = guarded();
    world.next(world.heads(['main', world.block(world.genesis.id)]), { key: server });
    world.next({ members: rotated(world.newest, eve.id, keyOf('eve 2').id, 'rotated') }, { key: eve });
    expect(world.verify()).toHaveLength(6);
  });

  it('guard a branch against moving other than forward', () => {
    const world = organisation();
    const first = world.block(world.genesis.id);
    const main = world.block(first);
    const side = world.block(first, 'side', 'aaaaaaaaaaaaaaaa');
    world.next(world.heads(['main', main], ['side', side, 'aaaaaaaaaaaaaaaa']), { key: server });
    const back = world.heads(['main', first], ['side', side, 'aaaaaaaaaaaaaaaa']);
    const gone = world.heads(['side', side, 'aaaaaaaaaaaaaaaa']);
    const anew = world.heads(['main', main, 'bbbbbbbbbbbbbbbb'], ['side', side, 'aaaaaaaaaaaaaaaa']);
    for (const moved of [back, gone, anew]) {
      expect(refusal(world, world.write(moved, { key: server }))).toMatch(
        /it takes 2 admins before refs\/heads\/main moves other than forward, 0 agreed/,
      );
      expect(refusal(world, world.write(moved, { approvals: [bob] }))).toBe('nothing');
    }
    world.next(world.heads(['main', main]));
    expect([...world.newest.heads.keys()]).toEqual(['main']);
  });
});
