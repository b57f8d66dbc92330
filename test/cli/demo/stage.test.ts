import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DemoPlace } from '../../../src/cli/demo/place.ts';
import { Stage } from '../../../src/cli/demo/stage.ts';
import { plainStyle } from '../../../src/cli/output.ts';
import { launcher, root } from '../world.ts';

class Scene {
  readonly directory = mkdtempSync(join(tmpdir(), 'aergo-stage-'));
  shown = '';
  readonly stage = new Stage({
    directory: this.directory,
    launcher,
    variables: { PATH: process.env.PATH, HOME: this.directory },
    style: plainStyle,
    show: (text) => {
      this.shown += text;
    },
  });

  [Symbol.dispose](): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

test('a command is shown as it would be typed, then what it prints', async () => {
  using scene = new Scene();
  const { text } = await scene.stage.shell("echo 'it’s' here");
  expect(text).toBe('it’s here\n');
  expect(scene.shown).toBe("$ echo 'it’s' here\nit’s here\n");
});

test('words that a shell would read otherwise are quoted', async () => {
  using scene = new Scene();
  await scene.stage.node(['-e', "console.log('a b')"]);
  expect(scene.shown).toBe("$ node -e 'console.log('\\''a b'\\'')'\na b\n");
});

test('output that goes to a file is not shown', async () => {
  using scene = new Scene();
  await scene.stage.aergo(['--version'], { into: 'version' });
  expect(scene.shown).toBe('$ aergo --version > version\n');
  expect(readFileSync(join(scene.directory, 'version'), 'utf8')).toMatch(/^aergo \d/);
});

test('the demo stops at a command that fails, with its output and its exit code', async () => {
  using scene = new Scene();
  const stopped = scene.stage.aergo(['status']);
  await expect(stopped).rejects.toMatchObject({ code: 'AERGO_DEMO_STOPPED', exitCode: 2 });
  await expect(stopped).rejects.toThrow('`aergo status` ended with 2 instead of 0');
  expect(scene.shown).toContain('AERGO_NOT_A_REPOSITORY');
});

test('the demo stops at a command that succeeds where it must not', async () => {
  using scene = new Scene();
  await expect(scene.stage.aergo(['--version'], { code: 6 })).rejects.toMatchObject({ exitCode: 1 });
});

test('a command that ends as it must with another code goes on, and says so', async () => {
  using scene = new Scene();
  await scene.stage.aergo(['status'], { code: 2 });
  expect(scene.shown).toContain('[exit 2]');
});

test('a temporary place is gone afterwards, a chosen one stays', () => {
  const temporary = new DemoPlace(undefined);
  temporary.fill(root);
  expect(readdirSync(join(temporary.directory, 'input'))).toHaveLength(10);
  temporary.remove();
  expect(existsSync(temporary.directory)).toBe(false);

  using scene = new Scene();
  const chosen = new DemoPlace(join(scene.directory, 'kept'));
  chosen.remove();
  expect(existsSync(chosen.directory)).toBe(true);
});

test('a place where something is already is refused and left as it is', () => {
  using scene = new Scene();
  const taken = join(scene.directory, 'taken');
  mkdirSync(taken);
  writeFileSync(join(taken, 'mine'), 'x');
  expect(() => new DemoPlace(taken)).toThrow(expect.objectContaining({ code: 'AERGO_USAGE' }));
  expect(readdirSync(taken)).toEqual(['mine']);
});

test('the user’s keys, settings and Git variables do not reach the demo', () => {
  using scene = new Scene();
  const place = new DemoPlace(join(scene.directory, 'kept'));
  const ours = {
    HOME: '/home/ada',
    AERGO_KEY: 'ada',
    AERGO_DIR: '/x',
    GIT_DIR: '/y',
    PATH: '/bin',
    XDG_DATA_HOME: '/z',
  };
  const variables = place.variables(ours, false);
  expect(variables).toMatchObject({ PATH: '/bin', AERGO_COLOR: 'never', XDG_CACHE_HOME: '/home/ada/.cache' });
  expect(Object.keys(variables)).not.toEqual(expect.arrayContaining(['AERGO_KEY']));
  expect(Object.keys(variables)).not.toEqual(expect.arrayContaining(['GIT_DIR']));
  for (const name of ['HOME', 'XDG_DATA_HOME', 'XDG_CONFIG_HOME']) expect(variables[name]).toContain(place.directory);
});
