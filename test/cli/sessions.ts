/**
 * Pages whose sessions are run: a fenced block of `console` is a session (`$ command`, then what it prints), one of a language
 * and a name (`sql bank.sql`) is a file that is there from then on. All blocks of a page are run in order, in one world.
 */
import { launcher, type World } from './world.ts';

const fence = /^```(\w+)(?: (\S+))?\n([\s\S]*?)^```$/gm;

/** The page as it reads when its sessions are run: the commands as they stand there, with what they print now. */
export async function runPage(world: World, page: string): Promise<string> {
  const parts: string[] = [];
  for (const [, language, name, text = ''] of page.matchAll(fence)) {
    if (language === 'console') parts.push(startOfSession, ...commandsOf(text).map(commandScript));
    else if (name !== undefined) parts.push(fileScript(world.file(`page-${parts.length}`, text), world, name));
  }
  const shell = `exec 2>&1\naergo() { ${quoted(process.execPath)} ${quoted(launcher)} "$@"; }\n${parts.join('\n')}\n`;
  const { stdout } = await world.run('sh', ['-c', shell]);
  const [, ...sessions] = stdout.split(`${sessionMark}\n`);
  const ran = page.replace(fence, (whole, language) =>
    language === 'console' ? `\`\`\`console\n${sessions.shift() ?? ''}\`\`\`` : whole,
  );
  return withKnownIds(ran, page);
}

export const commandsOf = (session: string): string[] =>
  [...session.matchAll(/^\$ (.*)$/gm)].map(([, command = '']) => command);

const sessionMark = '\u0001session';
const startOfSession = `echo '${sessionMark}'`;
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
const commandScript = (command: string): string => `echo ${quoted(`$ ${command}`)}\n${command} || echo "[exit $?]"`;
const fileScript = (path: string, world: World, name: string): string =>
  `cp ${quoted(path)} ${quoted(`${world.directory}/${name}`)}`;

// A key first: `ed25519` reads like an id.
const ids = /ed25519:[\w-]{4}…|\b[0-9a-f]{7}\b/g;
const times = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g;

/**
 * A page that ran, with what is another in every run as in the page as it stood: each id and key by its first appearance, times
 * by their place. So a run that differs in nothing else gives the same page, and one that differs shows no more than that.
 */
function withKnownIds(ran: string, page: string): string {
  const [known, found] = [page, ran].map((text) => ({ ids: matches(text, ids), times: matches(text, times) }));
  const idsBefore = [...new Set(known?.ids)];
  const names = new Map([...new Set(found?.ids)].map((id, index) => [id, idsBefore[index] ?? id]));
  let time = 0;
  return ran.replace(fence, (whole, language) =>
    language === 'console'
      ? whole.replace(ids, (id) => names.get(id) ?? id).replace(times, (now) => known?.times[time++] ?? now)
      : whole,
  );
}

/** All that a pattern finds in the sessions of a page. */
const matches = (page: string, pattern: RegExp): string[] =>
  [...page.matchAll(fence)].flatMap(([whole, language]) =>
    language === 'console' ? (whole.match(pattern) ?? []) : [],
  );
