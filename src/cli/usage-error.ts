/** oclif's complaints about a command line, in our words: AERGO_USAGE, one sentence, and the next step. */
import { stripVTControlCharacters } from 'node:util';
import type { Command } from '@oclif/core/command';
import { AergoError } from '../errors.ts';
import { nearest } from './nearest.ts';

/** What oclif's parse errors carry beside their message; which error it is shows in which member is there. */
interface ParseFault {
  readonly message: string;
  readonly flags?: readonly string[];
  readonly args?: readonly { readonly name?: string }[] | readonly string[];
}

/** @returns The error to show, or undefined when this was no fault of the command line. */
export function usageError(fault: unknown, command: Command.Cached | undefined): AergoError | undefined {
  if (!(fault instanceof Error) || !isParserFault(fault)) return undefined;
  const id = command?.id.replaceAll(':', ' ') ?? '';
  const help = `aergo help ${id}`.trim();
  const { flags, args }: Pick<ParseFault, 'flags' | 'args'> = fault;
  if (flags !== undefined) return unknownFlag(flags[0] ?? '', command, help);
  const first = args?.[0];
  if (typeof first === 'string') return usage(`aergo ${id} takes no further argument "${first}"`, help);
  if (first !== undefined) {
    const names = args?.map((arg) => (typeof arg === 'string' ? arg : (arg.name ?? '')).toUpperCase()).join(' ');
    return usage(`aergo ${id} needs ${names}`, help);
  }
  const message = stripVTControlCharacters(fault.message).replace(/^The following errors? occurred:\s*/, '');
  const [sentence = '', cause = ''] = message.split('\n');
  const [, flag] = /^Parsing (--[\w-]+)/.exec(sentence) ?? [];
  // Of a value that cannot be read the first line names the flag only, and the second says why.
  const whole = flag === undefined || cause === '' ? sentence : `${flag}: ${inOurWords(cause.trim())}`;
  return usage(inOurWords(whole.trim()), help);
}

function inOurWords(sentence: string): string {
  const [, one, other] = /^(--[\w-]+)=.* cannot also be provided when using (--[\w-]+)$/s.exec(sentence) ?? [];
  if (one !== undefined) return `${one} and ${other} do not go together`;
  return sentence.replace(/^Flag /, 'the flag ').replace(/^Expected /, 'expected ');
}

function isParserFault(fault: Error): fault is Error & ParseFault {
  return 'parse' in fault || 'oclif' in fault;
}

function unknownFlag(flag: string, command: Command.Cached | undefined, help: string): AergoError {
  const known = Object.keys(command?.flags ?? {}).map((name) => `--${name}`);
  const meant = nearest(flag, known);
  return usage(
    `aergo ${command?.id.replaceAll(':', ' ') ?? ''} has no flag ${flag}${meant ? `: did you mean ${meant}?` : ''}`,
    help,
    meant === undefined ? {} : { candidates: [meant] },
  );
}

function usage(message: string, hint: string, details: Record<string, unknown> = {}): AergoError {
  return new AergoError('AERGO_USAGE', message, { hint, details });
}
