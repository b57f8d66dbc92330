import { describe, expect, test } from 'vitest';
import { type FlagShape, readInvocation } from '../../src/cli/argv.ts';

const none: Record<string, FlagShape> = {};
const commands = new Map<string, Record<string, FlagShape>>([
  [
    'call',
    {
      on: { type: 'option' },
      args: { type: 'option' },
      'dry-run': { type: 'boolean' },
      directory: { type: 'option', char: 'C' },
    },
  ],
  ['branch', none],
  ['contract:deploy', none],
  ['contract:list', none],
]);
const read = (line: string) => readInvocation(line === '' ? [] : line.split(' '), commands);

describe('which command a line means', () => {
  test('one word and two words name commands', () => {
    expect(read('branch x')).toEqual({ kind: 'command', id: 'branch', args: ['x'] });
    expect(read('contract deploy bank.sql')).toEqual({ kind: 'command', id: 'contract:deploy', args: ['bank.sql'] });
  });

  test('global flags may stand before the command', () => {
    expect(read('-C shop --json branch x')).toEqual({
      kind: 'command',
      id: 'branch',
      args: ['-C', 'shop', '--json', 'x'],
    });
    expect(read('--color=never branch')).toEqual({ kind: 'command', id: 'branch', args: ['--color=never'] });
  });

  test('everything after CONTRACT.FUNCTION is an argument', () => {
    expect(read('call --on what-if bank.pay -5 --help')).toEqual({
      kind: 'command',
      id: 'call',
      args: ['--on', 'what-if', 'bank.pay', '--', '-5', '--help'],
    });
    expect(read('call --dry-run bank.pay --json')).toMatchObject({ args: ['--dry-run', 'bank.pay', '--', '--json'] });
    expect(read('call -C shop bank.pay -- x')).toMatchObject({ args: ['-C', 'shop', 'bank.pay', '--', '--', 'x'] });
    expect(read('call -- bank.pay -5')).toMatchObject({ args: ['--', 'bank.pay', '-5'] });
  });

  test('help is asked for by a word, a flag, a topic alone, or nothing at all', () => {
    expect(read('')).toEqual({ kind: 'help', words: [] });
    expect(read('--help')).toEqual({ kind: 'help', words: [] });
    expect(read('help contract deploy')).toEqual({ kind: 'help', words: ['contract', 'deploy'] });
    expect(read('contract')).toEqual({ kind: 'help', words: ['contract'] });
    expect(read('contract deploy --help')).toEqual({ kind: 'help', words: ['contract', 'deploy'] });
    expect(read('branch -- --help')).toMatchObject({ kind: 'command' });
  });

  test('a word that is no command is unknown, below a topic too', () => {
    expect(read('chekout x')).toEqual({ kind: 'unknown', words: ['chekout', 'x'] });
    expect(read('contract deplyo x')).toEqual({ kind: 'unknown', words: ['contract', 'deplyo', 'x'] });
  });

  test('the version is asked for by a flag', () => {
    expect(read('--version')).toEqual({ kind: 'version' });
  });
});
