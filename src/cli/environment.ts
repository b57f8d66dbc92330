/**
 * What the command line takes from the process around it: variables, directories, terminals, the user's name. Read once,
 * here, and handed on, so that nothing else looks at `process.env` or the home directory.
 */
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';

export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** `$XDG_DATA_HOME/aergo`: keys live in `keys/` below it. */
  readonly dataDirectory: string;
  /** `$XDG_CONFIG_HOME/aergo/config.toml` */
  readonly userConfiguration: string;
  /** `/etc/aergo/config.toml`, or what AERGO_CONFIG_SYSTEM names. */
  readonly systemConfiguration: string;
  /** The user's name in lower case, fit to name a key; `me` where there is none. */
  readonly user: string;
  /** Whether somebody can answer a question: a terminal on stdin and stderr, and not CI. */
  readonly interactive: boolean;
}

/** Reads the process. @param process The process that runs, or one like it. */
export function readEnvironment(process: NodeJS.Process): Environment {
  const variables = process.env;
  const home = variables.HOME || homedir();
  return {
    variables,
    dataDirectory: join(absoluteOr(variables.XDG_DATA_HOME, join(home, '.local', 'share')), 'aergo'),
    userConfiguration: join(absoluteOr(variables.XDG_CONFIG_HOME, join(home, '.config')), 'aergo', 'config.toml'),
    systemConfiguration: variables.AERGO_CONFIG_SYSTEM || '/etc/aergo/config.toml',
    user: keyNameOf(variables.USER || variables.LOGNAME || accountName()),
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true && !variables.CI,
  };
}

/** The XDG specification: a relative path in one of its variables is to be ignored. */
function absoluteOr(path: string | undefined, otherwise: string): string {
  return path?.startsWith('/') ? path : otherwise;
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return 'me'; // an account without an entry in the password database, as in some containers
  }
}

function keyNameOf(user: string): string {
  const name = user
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 40);
  return name === '' ? 'me' : name;
}
