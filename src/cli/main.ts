/**
 * The way from a line of words to an exit code: finds the command, runs it, and is the one place where an error becomes
 * a message on stderr (or a line of JSON on stdout) and an exit code.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from '@oclif/core/command';
import { Config } from '@oclif/core/config';
import { AergoError, exitCodes } from '../errors.ts';
import { type Invocation, readInvocation } from './argv.ts';
import type { AergoCommand } from './command.ts';
import { withNearest } from './did-you-mean.ts';
import { asAergoError, errorAsJson, renderError } from './failure.ts';
import { answerToGitWord } from './git-words.ts';
import { nearest } from './nearest.ts';
import { configOptions, type Program, quickConfig } from './oclif-config.ts';
import { plainStyle, wantsColor } from './output.ts';
import { usageError } from './usage-error.ts';

interface CommandModule {
  readonly default: { id: string; new (argv: string[], config: Config): AergoCommand };
}

type Manifest = Readonly<Record<string, Command.Cached & { relativePath?: string[] }>>;

/** Runs one command line to its end, and sets the process's exit code. */
export async function main(argv: readonly string[], program: Program): Promise<void> {
  process.once('SIGINT', () => process.exit(exitCodes.interrupted));
  process.on('uncaughtException', (fault) => endOnFault(fault, argv));
  const manifest = readManifest(program);
  const invocation = readInvocation(
    argv,
    new Map(Object.entries(manifest).map(([id, command]) => [id, command.flags])),
  );
  try {
    await follow(invocation, manifest, program);
  } catch (fault) {
    const command = invocation.kind === 'command' ? manifest[invocation.id] : undefined;
    report(usageError(fault, command) ?? withNearest(asAergoError(fault)), argv);
  }
}

async function follow(invocation: Invocation, manifest: Manifest, program: Program): Promise<void> {
  switch (invocation.kind) {
    case 'version':
      process.stdout.write(`aergo ${program.version}\n`);
      return;
    case 'help': {
      const unknown = invocation.words.length > 0 && !isKnown(invocation.words, manifest);
      if (unknown) throw unknownCommand(invocation.words, manifest);
      const { showHelp } = await import('./help.ts');
      await showHelp(invocation.words, await Config.load(configOptions(program)));
      return;
    }
    case 'unknown':
      throw unknownCommand(invocation.words, manifest);
    case 'command': {
      const path = manifest[invocation.id]?.relativePath ?? [];
      const loaded: CommandModule = await import(pathToFileURL(join(program.root, 'dist', ...path)).href);
      loaded.default.id = invocation.id;
      await new loaded.default([...invocation.args], quickConfig(program)).start();
    }
  }
}

function readManifest({ root }: Program): Manifest {
  return JSON.parse(readFileSync(join(root, 'dist', 'oclif.manifest.json'), 'utf8')).commands;
}

function isKnown(words: readonly string[], manifest: Manifest): boolean {
  const id = words.join(':');
  return Object.keys(manifest).some((known) => known === id || known.startsWith(`${id}:`));
}

function unknownCommand(words: readonly string[], manifest: Manifest): AergoError {
  const [first = '', second = ''] = words;
  const answer = answerToGitWord(first);
  if (answer !== undefined) {
    return new AergoError(
      'AERGO_COMMAND_UNKNOWN',
      answer.message,
      answer.hint === undefined ? {} : { hint: answer.hint },
    );
  }
  const ids = Object.keys(manifest).map((id) => id.replaceAll(':', ' '));
  const isTopic = ids.some((id) => id.startsWith(`${first} `));
  const typed = isTopic ? `${first} ${second}` : first;
  const known = isTopic
    ? ids.filter((id) => id.startsWith(`${first} `))
    : [...ids, ...ids.map((id) => id.split(' ')[0] ?? '')];
  const meant = nearest(typed, known);
  return new AergoError(
    'AERGO_COMMAND_UNKNOWN',
    `"${typed}" is not an aergo command${meant ? `: did you mean "${meant}"?` : ''}`,
    {
      hint: meant === undefined ? `aergo help${isTopic ? ` ${first}` : ''}` : `aergo ${meant}`,
      details: meant === undefined ? {} : { candidates: [meant] },
    },
  );
}

/** What nobody waited for, such as an error of a stream or a thread. A reader that has gone is no fault. */
function endOnFault(fault: Error, argv: readonly string[]): never {
  if (!('code' in fault && fault.code === 'EPIPE')) report(asAergoError(fault), argv);
  process.exit();
}

/** Prints the error where it belongs. The flags are looked for as words, since they may be what could not be read. */
function report(error: AergoError, argv: readonly string[]): void {
  const words = argv.includes('--') ? argv.slice(0, argv.indexOf('--')) : argv;
  const at = words.findIndex((word) => word === '--color' || word.startsWith('--color='));
  const color = at === -1 ? process.env.AERGO_COLOR : (words[at]?.split('=')[1] ?? words[at + 1]);
  process.exitCode = error.exitCode;
  if (words.includes('--json') || words.includes('--jsonl')) {
    process.stdout.write(`${JSON.stringify(errorAsJson(error))}\n`);
    return;
  }
  const choice = color === 'always' || color === 'never' ? color : 'auto';
  const coloured = wantsColor(process.stderr, { color: choice, variables: process.env });
  const style = coloured ? { ...plainStyle, red, cyan, dim } : plainStyle;
  process.stderr.write(`${renderError(error, style, words.includes('--debug'))}\n`);
}

// An error must not have to wait for a library to be loaded before it can be shown.
const red = (text: string) => `\x1b[31m${text}\x1b[39m`;
const cyan = (text: string) => `\x1b[36m${text}\x1b[39m`;
const dim = (text: string) => `\x1b[2m${text}\x1b[22m`;
