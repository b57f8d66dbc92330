/** What the documents say of the project is so: the README's session is run, lists are held against what they list. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { commandsOf, runPage } from './cli/sessions.ts';
import { root, World } from './cli/world.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');

test('the first session of the README runs as it stands there', async () => {
  using world = new World();
  expect(commandsOf(readme).length).toBeGreaterThan(15);
  expect(await runPage(world, readme)).toBe(readme);
}, 180_000);

test('the README names exactly two commands that do all the set-up', () => {
  expect([...readme.matchAll(/^npm .*$/gm)].map(([command]) => command)).toEqual([
    'npm ci && npm run demo',
    'npm ci && npm test',
  ]);
});

test('every dependency has its line in docs/dependencies.md, and none stands there that is gone', () => {
  const page = readFileSync(join(root, 'docs', 'dependencies.md'), 'utf8');
  const listed = [...page.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name).filter((name) => name !== 'tools/node'),
  );
  const members = (path: string, ...sections: string[]) => {
    const read: Record<string, Record<string, string> | undefined> = JSON.parse(readFileSync(join(root, path), 'utf8'));
    return sections.flatMap((section) => Object.keys(read[section] ?? {}));
  };
  const used = [
    ...members('package.json', 'dependencies', 'devDependencies'),
    ...members('tools/node/package.json', 'dependencies', 'optionalDependencies'),
  ];
  expect(listed.sort()).toEqual(used.sort());
});

test('links between documents lead somewhere', () => {
  const pages = ['README.md', ...globSync('docs/**/*.md', { cwd: root }), 'fixtures/berka/README.md'];
  const dead = pages.flatMap((page) =>
    [...readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(root, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(dead).toEqual([]);
});

test('every page of docs/ is in its index', () => {
  const index = readFileSync(join(root, 'docs', 'README.md'), 'utf8');
  const missing = globSync('*.md', { cwd: join(root, 'docs') }).filter(
    (page) => page !== 'README.md' && !index.includes(`(${page})`),
  );
  expect(missing).toEqual([]);
});
