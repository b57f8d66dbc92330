import { describe, expect, it } from 'vitest';
import { canonicalJson, type JsonValue } from '../../src/crypto/canonical-json.ts';
import type { KeyId } from '../../src/crypto/key.ts';
import { keyFile } from '../../src/directory/files.ts';
import { rotated } from '../../src/directory/next-version.ts';
import { may } from '../../src/directory/rights.ts';
import type { DirectoryContent, DirectoryVersion } from '../../src/directory/version.ts';
import { encodeCommit } from '../../src/object/commit.ts';
import type { Oid } from '../../src/object/oid.ts';
import { readTree } from '../../src/object/source.ts';
import { encodeTree } from '../../src/object/tree.ts';
import { type DirectoryWorld, organisation, refusal, withCommit, withTree } from '../support/directory.ts';
import { keyOf } from '../support/repository.ts';

const eve = keyOf('eve');
const server = keyOf('server');

/** The version with one of its files written otherwise. */
const withFile = (world: DirectoryWorld, version: DirectoryVersion, name: string, text: string) =>
  withTree(world, version, (entries) => [
    ...entries.filter((entry) => entry.name !== name),
    { mode: '100644', name, oid: world.buffer.put('blob', Buffer.from(text)) },
  ]);

const fileOf = (world: DirectoryWorld, version: DirectoryVersion, name: string): string => {
  const entry = readTree(world.buffer, version.commit.tree).find((one) => one.name === name);
  return Buffer.from(world.buffer.read(entry?.oid as Oid).body).toString('utf8');
};

describe('a version that follows another', () => {
  it('may add, change and revoke members, and change the policy, by an admin', () => {
    const world = organisation();
    world.next(world.members(['eve', { roles: ['seal:team/*', 'write'] }]));
    world.next(world.members(['bob', { revoked: { reason: 'left', version: 5 } }]));
    world.next({ policy: { ...world.newest.policy, visibility: 'private', home: 'https://example.org/shop' } });
    expect(world.verify()).toHaveLength(6);
    expect(world.newest.commit.message).toBe('Directory version 6: 2 changes\n\npolicy: home\npolicy: visibility\n');
  });

  it('may move heads and name snapshots by who publishes', () => {
    const world = organisation();
    const first = world.block(world.genesis.id);
    const second = world.block(first);
    world.next(world.heads(['main', second]), { key: server });
    const side = world.block(first, 'a/b%2Fc', 'aaaaaaaaaaaaaaaa');
    world.next(
      { ...world.heads(['main', second], ['a/b%2Fc', side, 'aaaaaaaaaaaaaaaa']), ...world.snapshot('v1', first) },
      { key: server },
    );
    expect(world.verify()).toHaveLength(5);
    expect(world.newest.commit.message).toBe('Directory version 5: 2 changes\n\na/b%2Fc at block 2\nsnapshot v1\n');
    expect([...world.newest.heads.keys()]).toEqual(['a/b%2Fc', 'main']);
  });

  it('may change nothing: it says that the directory still stands', () => {
    const world = organisation();
    world.next({ policy: { ...world.newest.policy, lifetime: 3_600_000 } });
    world.next({}, { key: server });
    expect(world.newest.expires).toBe(world.newest.time + 3_600_000);
  });

  it('may give up the signer’s own key for another of the same member', () => {
    const world = organisation();
    world.next({ members: rotated(world.newest, eve.id, keyOf('eve 2').id, 'rotated') }, { key: eve });
    expect(may(world.newest, eve.id, 'write')).toBe(false);
    expect(may(world.newest, keyOf('eve 2').id, 'write')).toBe(true);
    expect(world.newest.commit.message).toContain('member eve: another key');
  });
});

type Forgery = [string, (world: DirectoryWorld) => DirectoryVersion, RegExp];

const forgedContent = (
  name: string,
  change: (content: DirectoryContent, world: DirectoryWorld) => DirectoryContent,
  message: RegExp,
): Forgery => [name, (world) => world.write({}, { forge: (content) => change(content, world) }), message];

const withMember = (content: DirectoryContent, key: KeyId, change: object | null): DirectoryContent => {
  const members = new Map(content.members);
  const before = members.get(key);
  if (change === null) members.delete(key);
  else members.set(key, { ...(before ?? { from: content.version, name: 'new', roles: ['write'] }), ...change });
  return { ...content, members };
};

const forgeries: Forgery[] = [
  forgedContent(
    'a version that is not the one before and one',
    (content) => ({ ...content, version: 9 }),
    /its version is 9, after 3/,
  ),
  forgedContent(
    'the number of the version before',
    (content) => ({ ...content, version: 3 }),
    /its version is 3, after 3/,
  ),
  forgedContent(
    'another previous than its parent',
    (content, world) => ({ ...content, previous: world.first.id }),
    /its version is 4, after 1/,
  ),
  forgedContent(
    'another repository',
    (content) => ({ ...content, repository: 'a'.repeat(64) as Oid }),
    /another repository/,
  ),
  forgedContent(
    'a time before the version before',
    (content, world) => ({ ...content, time: world.newest.time - 1 }),
    /its time/,
  ),
  forgedContent(
    'an expiry that the policy does not say',
    (content) => ({ ...content, expires: content.time + 1 }),
    /expires/,
  ),
  forgedContent(
    'no expiry where the policy says one',
    (content) => ({ ...content, policy: { ...content.policy, lifetime: 60_000 } }),
    /expires/,
  ),
  forgedContent(
    'a member who vanishes',
    (content) => withMember(content, eve.id, null),
    /is gone: members are revoked/,
  ),
  forgedContent(
    'where a member came from rewritten',
    (content) => withMember(content, eve.id, { from: 1 }),
    /came from is rewritten/,
  ),
  forgedContent('a new member from before', (content) => withMember(content, keyOf('new').id, { from: 1 }), /since 1/),
  forgedContent(
    'a new member that is revoked',
    (content) => withMember(content, keyOf('new').id, { revoked: { reason: 'x', version: 4 } }),
    /new, and revoked/,
  ),
  forgedContent(
    'a revocation dated back',
    (content) => withMember(content, eve.id, { revoked: { reason: 'x', version: 2 } }),
    /revoked in version 2/,
  ),
  forgedContent(
    'a successor of a key that keeps its rights',
    (content) => withMember(content, keyOf('new').id, { name: 'eve', replaces: eve.id }),
    /cannot take the place/,
  ),
  forgedContent(
    'a successor with other roles',
    (content) =>
      withMember(withMember(content, eve.id, { revoked: { reason: 'x', version: 4 } }), keyOf('new').id, {
        name: 'eve',
        replaces: eve.id,
        roles: ['admin'],
      }),
    /other roles/,
  ),
  forgedContent(
    'an engine taken away',
    (content) => ({ ...content, policy: { ...content.policy, engines: ['b'.repeat(64) as Oid] } }),
    /engines are added at the end/,
  ),
  forgedContent(
    'an engine put before another',
    (content) => ({
      ...content,
      policy: { ...content.policy, engines: ['b'.repeat(64) as Oid, ...content.policy.engines] },
    }),
    /engines are added at the end/,
  ),
  forgedContent(
    'fewer admins than it takes',
    (content) => ({ ...content, policy: { ...content.policy, threshold: 3 } }),
    /2 admins are left, and it takes 3/,
  ),
  forgedContent(
    'over a thousand changes',
    (content) => {
      const members = new Map(content.members);
      for (let index = 0; index < 1_001; index++)
        members.set(keyOf(`member ${index}`).id, { from: 4, name: 'x', roles: ['read'] });
      return { ...content, members };
    },
    /more than 1000 changes/,
  ),
  [
    'a head that names an absent block',
    (world) =>
      world.write({
        heads: new Map([['main', { head: 'a'.repeat(64) as Oid, height: 1, start: '0123456789abcdef' }]]),
      }),
    /stands on a block that is not there/,
  ],
  [
    'a head of another height',
    (world) => world.write({ heads: new Map([['main', { ...world.head(world.block(world.genesis.id)), height: 7 }]]) }),
    /said to be at block 7/,
  ],
  [
    'a head that was sealed on another branch',
    (world) => world.write(world.heads(['main', world.genesis.id], ['other', world.block(world.genesis.id)])),
    /the head of other was sealed on main/,
  ],
  [
    'a snapshot of another block',
    (world) => {
      const { tags } = world.snapshot('v1', world.genesis.id);
      const tag = tags.get('v1')?.tag as Oid;
      return world.write({ tags: new Map([['v1', { block: world.block(world.genesis.id), tag }]]) });
    },
    /of another block/,
  ],
  [
    'a snapshot under another name',
    (world) => {
      const { tags } = world.snapshot('v1', world.genesis.id);
      return world.write({ tags: new Map([['v2', { ...(tags.get('v1') as { block: Oid; tag: Oid }) }]]) });
    },
    /the snapshot v2/,
  ],
  [
    'a snapshot that is not there',
    (world) => world.write({ tags: new Map([['v1', { block: world.genesis.id, tag: 'a'.repeat(64) as Oid }]]) }),
    /the snapshot v1 is not there/,
  ],
  [
    'a message that does not follow',
    (world) => withCommit(world, world.write({}), (commit) => ({ ...commit, message: 'all is well\n' })),
    /message/,
  ],
  [
    'seconds that do not follow',
    (world) =>
      withCommit(world, world.write({}), (commit) => ({ ...commit, author: { ...commit.author, seconds: 5 } })),
    /author and committer/,
  ],
  [
    'another signer than is named',
    (world) => withCommit(world, world.write({}), (commit) => commit, eve),
    /is named as its signer, .* signed it/,
  ],
  [
    'a signer who is no key',
    (world) =>
      withCommit(world, world.write({}), (commit) => ({ ...commit, committer: { ...commit.committer, name: 'ada' } })),
    /is no key/,
  ],
  [
    'no signature',
    (world) => {
      const { signature: _, ...commit } = world.write({}).commit;
      return world.versions.version(world.buffer.put('commit', encodeCommit(commit)));
    },
    /not signed/,
  ],
  [
    'another version’s signature',
    (world) => {
      const { signature = '' } = world.newest.commit;
      const commit = { ...world.write({}).commit, signature };
      return world.versions.version(world.buffer.put('commit', encodeCommit(commit)));
    },
    /signature does not hold/,
  ],
  [
    'two parents',
    (world) =>
      withCommit(world, world.write({}), (commit) => ({ ...commit, parents: [...commit.parents, world.first.id] })),
    /does not stand on version 3/,
  ],
  [
    'a parent that is not its previous',
    (world) => withCommit(world, world.write({}), (commit) => ({ ...commit, parents: [world.first.id] })),
    /does not stand on version 3/,
  ],
];

describe('verification of a version', () => {
  it.each(forgeries)('refuses %s', (_, make, message) => {
    const world = organisation();
    expect(refusal(world, make(world))).toMatch(message);
  });

  it('refuses members revoked already that are taken back, or revoked otherwise', () => {
    const world = organisation();
    world.next(world.members(['eve', { revoked: { reason: 'lost', version: 4 } }]));
    const { revoked: _, ...file } = world.newest.members.get(eve.id) ?? expect.fail();
    const members = new Map([...world.newest.members, [eve.id, file] as const]);
    expect(refusal(world, world.write({ members }))).toMatch(/was revoked, and that is rewritten/);
    expect(refusal(world, world.write(world.members(['eve', { revoked: { reason: 'lost', version: 5 } }])))).toMatch(
      /was revoked, and that is rewritten/,
    );
  });

  it('refuses files that are not canonical, unknown, missing or in empty folders', () => {
    const world = organisation();
    const version = world.write({});
    const own = fileOf(world, version, 'directory.json');
    const policy = fileOf(world, version, 'policy.json');
    const forged: [() => DirectoryVersion, RegExp][] = [
      [
        () => withFile(world, version, 'directory.json', own.replace('{', '{ ')),
        /directory.json is not canonical JSON/,
      ],
      [() => withFile(world, version, 'directory.json', own.trimEnd()), /directory.json is not as it must be/],
      [() => withFile(world, version, 'directory.json', own.replace('"format":1', '"format":2')), /directory.json/],
      [
        () => withFile(world, version, 'policy.json', policy.replace('{', '{"a":1,')),
        /policy.json is not as it must be/,
      ],
      [() => withFile(world, version, 'policy.json', `{"__proto__":{},${policy.slice(1)}`), /policy.json/],
      [() => withFile(world, version, 'hello', 'x'), /holds "hello", which no version has/],
      [
        () => withTree(world, version, (entries) => entries.filter(({ name }) => name !== 'policy.json')),
        /policy.json is missing/,
      ],
      [
        () =>
          withTree(world, version, (entries) => [
            ...entries,
            { mode: '40000', name: 'tags', oid: world.buffer.put('tree', encodeTree([])) },
          ]),
        /tags is there and empty/,
      ],
    ];
    for (const [make, message] of forged) expect(refusal(world, make)).toMatch(message);
  });

  it('refuses a file that is not UTF-8, although it would read as one', () => {
    const world = organisation();
    const version = world.write({});
    const policy = Buffer.from(fileOf(world, version, 'policy.json').replace('"rules"', '"home":"x?y","rules"'));
    policy[policy.indexOf('?')] = 0xff;
    const oid = world.buffer.put('blob', policy);
    const forged = () =>
      withTree(world, version, (entries) =>
        entries.map((entry) => (entry.name === 'policy.json' ? { ...entry, oid } : entry)),
      );
    expect(refusal(world, forged)).toMatch(/policy.json is not as it must be/);
  });

  it('refuses files under names that none has', () => {
    const world = organisation();
    const version = world.write({});
    const member = canonicalJson({ from: 4, name: 'x', roles: ['read'] } as JsonValue);
    for (const name of ['x.json', keyFile(eve.id).replace('.json', ''), `${keyFile(eve.id)}.json`]) {
      const forged = withTree(world, version, (entries) =>
        entries.map((entry) => {
          if (entry.name !== 'members') return entry;
          const oid = world.buffer.put('blob', Buffer.from(`${member}\n`));
          const files = [...readTree(world.buffer, entry.oid), { mode: '100644' as const, name, oid }];
          return { ...entry, oid: world.buffer.put('tree', encodeTree(files)) };
        }),
      );
      expect(refusal(world, forged)).toMatch(/which no version has/);
    }
  });

  it('refuses a version of over a megabyte', () => {
    const world = organisation();
    for (let round = 0; round < 6; round++) {
      const members = new Map(world.newest.members);
      for (let index = 0; index < 990; index++) {
        const file = { from: world.newest.version + 1, name: 'x'.repeat(150), roles: ['read'] };
        members.set(keyOf(`member ${round} ${index}`).id, file);
      }
      const version = world.write({ members });
      const message = refusal(world, version);
      if (message !== 'nothing') return expect(message).toMatch(/larger than the 1048576 bytes/);
      world.keep(version);
    }
    expect.fail('it took any size');
  });

  it('refuses roles that are none, twice or out of order, and rules that say nothing', () => {
    const world = organisation();
    for (const roles of [['root'], ['write', 'read'], ['read', 'read'], []]) {
      expect(refusal(world, world.write(world.members(['eve', { roles }])))).toMatch(
        /members\/.* is not as it must be \(roles/,
      );
    }
    for (const policy of [
      { rules: [{ ref: 'refs/heads/main' }] },
      { rules: [{ approvals: 1, ref: 'main' }] },
      {
        rules: [
          { approvals: 1, ref: 'refs/heads/b' },
          { approvals: 1, ref: 'refs/heads/a' },
        ],
      },
      { rules: [] },
      { home: 'https://ada:secret@example.org/shop' },
      { home: 'ext::sh -c true' },
      { home: '--upload-pack=x' },
      { threshold: 1 },
      { lifetime: 1 },
    ]) {
      const forged = () => world.write({ policy: { ...world.newest.policy, ...(policy as object) } });
      expect(refusal(world, forged)).toMatch(/policy.json is not as it must be/);
    }
  });
});
