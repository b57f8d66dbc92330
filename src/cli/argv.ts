/**
 * Which command a line of words means, and what belongs to it. Global flags may stand before the command, as in
 * `git -C DIR log`; everything after CONTRACT.FUNCTION of `call` is an argument, also `-5` and `--help`. Pure.
 */

/** What the manifest says of a flag: enough to know whether the next word is its value. */
export interface FlagShape {
  readonly type: 'option' | 'boolean';
  readonly char?: string;
}

export type Invocation =
  | { readonly kind: 'help'; readonly words: readonly string[] }
  | { readonly kind: 'version' }
  | { readonly kind: 'command'; readonly id: string; readonly args: readonly string[] }
  | { readonly kind: 'unknown'; readonly words: readonly string[] };

/** Global flags that take a value in the next word. */
const globalOptions: ReadonlySet<string> = new Set(['-C', '--color', '--key', '--lock-timeout']);

/**
 * @param argv The words after `aergo`.
 * @param flagsOf The flags of each command by its id (`contract:deploy`).
 */
export function readInvocation(
  argv: readonly string[],
  flagsOf: ReadonlyMap<string, Readonly<Record<string, FlagShape>>>,
): Invocation {
  let start = 0;
  while (start < argv.length && argv[start]?.startsWith('-')) {
    const flag = argv[start] ?? '';
    if (flag === '--help' || flag === '-h') return { kind: 'help', words: [] };
    if (flag === '--version' || flag === '-V') return { kind: 'version' };
    start += globalOptions.has(flag) ? 2 : 1;
  }
  const globals = argv.slice(0, start);
  const words = argv.slice(start);
  const first = words[0];
  if (first === undefined) return { kind: 'help', words: [] };
  if (first === 'help') return { kind: 'help', words: words.slice(1).filter((word) => !word.startsWith('-')) };

  const two = `${first}:${words[1] ?? ''}`;
  const id = flagsOf.has(two) ? two : first;
  const flags = flagsOf.get(id);
  const isTopic = [...flagsOf.keys()].some((known) => known.startsWith(`${first}:`));
  if (flags === undefined) {
    const onlyTopic = isTopic && words.slice(1).every((word) => word.startsWith('-'));
    return onlyTopic ? { kind: 'help', words: [first] } : { kind: 'unknown', words };
  }
  let args = words.slice(id === two ? 2 : 1);
  if (id === 'call') args = endFlagsAfterFirstArgument(args, flags);
  if (asksForHelp(args)) return { kind: 'help', words: id.split(':') };
  return { kind: 'command', id, args: [...globals, ...args] };
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return (end === -1 ? args : args.slice(0, end)).some((arg) => arg === '--help' || arg === '-h');
}

/** Puts `--` behind the first word that is neither a flag nor a flag's value. */
function endFlagsAfterFirstArgument(args: readonly string[], flags: Readonly<Record<string, FlagShape>>): string[] {
  const options = new Set<string>();
  for (const [name, flag] of Object.entries(flags)) {
    if (flag.type !== 'option') continue;
    options.add(`--${name}`);
    if (flag.char !== undefined) options.add(`-${flag.char}`);
  }
  let index = 0;
  while (index < args.length) {
    const arg = args[index] ?? '';
    if (arg === '--') return [...args];
    if (!arg.startsWith('-') || arg === '-') return [...args.slice(0, index + 1), '--', ...args.slice(index + 1)];
    index += options.has(arg) ? 2 : 1;
  }
  return [...args];
}
