import { describe, expect, it } from 'vitest';
import { grants, isRole, matchesPattern } from '../../src/directory/roles.ts';

describe('roles', () => {
  it.each(['admin', 'merge', 'publish', 'read', 'seal', 'write', 'seal:main', 'merge:team/*', 'seal:a/b/*'])(
    'takes %s',
    (text) => expect(isRole(text)).toBe(true),
  );

  it.each([
    '',
    'Admin',
    'root',
    'write:main',
    'admin:*',
    'seal:',
    'seal:*',
    'seal:/*',
    'seal:a*',
    'seal:a/*/b',
    'seal:-x',
    'seal:a..b',
    'seal:main ',
    'seal: main',
  ])('refuses %j', (text) => expect(isRole(text)).toBe(false));

  it('lets a star stand for everything below a name, and for nothing beside it', () => {
    expect(matchesPattern('team/*', 'team/a')).toBe(true);
    expect(matchesPattern('team/*', 'team/a/b')).toBe(true);
    expect(matchesPattern('team/*', 'team')).toBe(false);
    expect(matchesPattern('team/*', 'teams/a')).toBe(false);
    expect(matchesPattern('main', 'main')).toBe(true);
    expect(matchesPattern('main', 'main2')).toBe(false);
  });

  it('gives an admin every right, and others only what their roles say', () => {
    expect(grants(['admin'], 'seal', 'main')).toBe(true);
    expect(grants(['admin'], 'publish')).toBe(true);
    expect(grants(['seal:team/*', 'write'], 'seal', 'team/x')).toBe(true);
    expect(grants(['seal:team/*', 'write'], 'seal', 'main')).toBe(false);
    expect(grants(['seal:team/*', 'write'], 'merge', 'team/x')).toBe(false);
    expect(grants(['write'], 'seal', 'main')).toBe(false);
    expect(grants(['seal'], 'seal', 'main')).toBe(true);
    expect(grants(['seal'], 'write')).toBe(false);
  });
});
