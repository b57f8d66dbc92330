/**
 * Pages whose sessions are run: a fenced block of `console` is a session (`$ command`, then what it prints), one of a language
 * and a name (`sql bank.sql`) is a file that is there from then on. All blocks of a page are run in order, in one world.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { launcher, type World } from './world.ts';

const fence = /^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm;

/** A command of a session with what stands below it. */
interface Step {
  readonly command: string;
  readonly printed: string;
}

function stepsOf(session: string): Step[] {
  const [, ...parts] = `\n${session}`.split('\n$ ');
  return parts.map((part) => {
    const end = part.indexOf('\n');
    return end < 0 ? { command: part, printed: '' } : { command: part.slice(0, end), printed: part.slice(end + 1) };
  });
}

export const commandsOf = (page: string): string[] =>
  [...page.matchAll(fence)]
    .filter(([, language]) => language === 'console')
    .flatMap(([, , , text = '']) => stepsOf(text).map(({ command }) => command));

/** The page as it reads when its sessions are run: the commands as they stand there, with what they print now. */
export async function runPage(world: World, page: string): Promise<string> {
  const run = new SessionRun(world);
  const parts: string[] = [];
  let from = 0;
  for (const found of page.matchAll(fence)) {
    const [whole, language, name, text = ''] = found;
    if (language === 'console') {
      parts.push(page.slice(from, found.index), `\`\`\`console\n${await run.session(stepsOf(text))}\`\`\``);
      from = found.index + whole.length;
    } else if (name !== undefined) world.file(name, text);
  }
  return parts.join('') + page.slice(from);
}

// A key first: `ed25519` reads like an id. The longer ones stand in the names of refs.
const ids = /ed25519:[\w-]{4}…|\b[0-9a-f]{12}\b|\b[0-9a-f]{7}\b/g;
const times = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g;

/**
 * Runs commands one after the other. What is another in every run is shown as the page has it: each id and key by its first
 * appearance, times by their place. So a run that differs in nothing else gives the same page, one that differs shows no more
 * than that, and a command may name an id that was printed before.
 */
class SessionRun {
  readonly #world: World;
  readonly #runIds = new Map<string, string>();
  readonly #pageIds = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  async session(steps: readonly Step[]): Promise<string> {
    const lines: string[] = [];
    for (const step of steps) lines.push(`$ ${step.command}\n`, await this.#step(step));
    return lines.join('');
  }

  async #step({ command, printed }: Step): Promise<string> {
    const output = await this.#run(command.replace(ids, (id) => this.#runIds.get(id) ?? id));
    this.#learn(printed, output);
    const known = printed.match(times) ?? [];
    let time = 0;
    return output.replace(ids, (id) => this.#pageIds.get(id) ?? id).replace(times, (now) => known[time++] ?? now);
  }

  async #run(command: string): Promise<string> {
    const place = join(this.#world.directory, '.place');
    const aergo = `aergo() { ${quoted(process.execPath)} ${quoted(launcher)} "$@"; }`;
    const script = `exec 2>&1\n${aergo}\n${command} || echo "[exit $?]"\npwd > ${quoted(place)}\n`;
    const { stdout } = await this.#world.run('sh', ['-c', script]);
    this.#world.cwd = readFileSync(place, 'utf8').trimEnd();
    return stdout;
  }

  /** Takes the ids that come for the first time for those that the page has for the first time in the same place. */
  #learn(printed: string, output: string): void {
    const ofPage = distinct(printed).filter((id) => !this.#runIds.has(id));
    const ofRun = distinct(output).filter((id) => !this.#pageIds.has(id));
    for (const [index, id] of ofRun.entries()) {
      this.#pageIds.set(id, ofPage[index] ?? id);
      this.#runIds.set(ofPage[index] ?? id, id);
    }
  }
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const distinct = (text: string): string[] => [...new Set(text.match(ids))];
