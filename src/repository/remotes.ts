/**
 * Remotes: names for other places of this repository, kept in `remotes.toml` beside the configuration. A place is a URL or a
 * path; nothing in it is ever run, and no name or password stands in it.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse, stringify } from 'smol-toml';
import { z } from 'zod';
import { AergoError } from '../errors.ts';
import { isRefName } from '../ledger/names.ts';
import { nodeFileSystem, replaceFile } from '../store/file-system.ts';

/** Where a repository can be: a server, a repository of ours on this machine, or one of Git's. */
export type RemotePlace =
  | { readonly kind: 'http'; readonly url: string }
  /** The `.aergo` directory. */
  | { readonly kind: 'aergo'; readonly path: string }
  /** The bare directory. */
  | { readonly kind: 'git'; readonly path: string };

export interface Remote {
  readonly name: string;
  /** As it was given; paths whole. */
  readonly url: string;
}

const fileSchema = z.record(z.string().refine(isRemoteName), z.strictObject({ url: z.string().min(1).max(2_000) }));

function isRemoteName(name: string): boolean {
  return isRefName(name) && !name.includes('/') && name !== '__proto__';
}

const fileOf = (directory: string): string => join(directory, 'remotes.toml');

/** In the order of their names. @throws AergoError AERGO_CONFIG_INVALID */
export function listRemotes(directory: string): Remote[] {
  const path = fileOf(directory);
  if (!existsSync(path)) return [];
  const parsed = fileSchema.safeParse(tomlOf(readFileSync(path, 'utf8'), path));
  if (!parsed.success)
    throw new AergoError('AERGO_CONFIG_INVALID', `${path} is not a list of remotes: [name] with url = "…"`, {
      details: { place: path },
    });
  return Object.entries(parsed.data)
    .map(([name, { url }]) => ({ name, url }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function tomlOf(text: string, path: string): unknown {
  try {
    return parse(text);
  } catch (cause) {
    throw new AergoError('AERGO_CONFIG_INVALID', `${path} is not a TOML file`, { details: { place: path }, cause });
  }
}

/** @throws AergoError AERGO_REMOTE_UNKNOWN */
export function findRemote(directory: string, name: string): Remote {
  const remotes = listRemotes(directory);
  const found = remotes.find((remote) => remote.name === name);
  if (found !== undefined) return found;
  throw new AergoError('AERGO_REMOTE_UNKNOWN', `there is no remote ${JSON.stringify(name)}`, {
    hint: remotes.length === 0 ? `aergo remote add ${isRemoteName(name) ? name : 'origin'} URL` : 'aergo remote list',
    details: { remote: name, candidates: remotes.map((remote) => remote.name) },
  });
}

/** @throws AergoError AERGO_REMOTE_EXISTS, AERGO_REF_NAME_INVALID, AERGO_URL_INVALID */
export function addRemote(directory: string, name: string, url: string, workDirectory: string): Remote {
  if (!isRemoteName(name))
    throw new AergoError('AERGO_REF_NAME_INVALID', `${JSON.stringify(name)} cannot name a remote`, {
      hint: 'as a branch’s name, without a slash',
    });
  const remotes = listRemotes(directory);
  if (remotes.some((remote) => remote.name === name))
    throw new AergoError('AERGO_REMOTE_EXISTS', `there is a remote ${name} already`, {
      hint: `aergo remote remove ${name}`,
    });
  const remote = { name, url: wholeUrl(url, workDirectory) };
  writeRemotes(directory, [...remotes, remote]);
  return remote;
}

/** @throws AergoError AERGO_REMOTE_UNKNOWN */
export function removeRemote(directory: string, name: string): Remote {
  const gone = findRemote(directory, name);
  writeRemotes(
    directory,
    listRemotes(directory).filter((remote) => remote.name !== name),
  );
  return gone;
}

function writeRemotes(directory: string, remotes: readonly Remote[]): void {
  const sorted = [...remotes].sort((a, b) => (a.name < b.name ? -1 : 1));
  const file = Object.fromEntries(sorted.map(({ name, url }) => [name, { url }]));
  replaceFile(nodeFileSystem, fileOf(directory), `${stringify(file)}\n`);
}

/**
 * A URL as given, or a path made whole.
 * @throws AergoError AERGO_URL_INVALID for what is neither, holds a name or password, or would be taken for an option or a program
 */
export function wholeUrl(url: string, workDirectory: string): string {
  const refused = (why: string): AergoError =>
    new AergoError('AERGO_URL_INVALID', `${JSON.stringify(url.slice(0, 200))} ${why}`, {
      hint: 'give https://host/path, or the path of a repository on this machine',
    });
  if (url === '' || url.startsWith('-') || /[\p{Cc}\p{Cf}]/u.test(url)) throw refused('is neither a URL nor a path');
  if (/^[a-z][a-z0-9+.-]*::/i.test(url)) throw refused('would have a program run: that is not done here');
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(url)) return resolve(workDirectory, url);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:'))
    throw refused('is no http or https URL');
  if (parsed.username !== '' || parsed.password !== '')
    throw refused('holds a name or a password: give a token in AERGO_TOKEN, or let a credential helper keep it');
  if (parsed.search !== '' || parsed.hash !== '') throw refused('has more than a path');
  return url.replace(/\/+$/, '');
}

/** What is at a place. @throws AergoError AERGO_REMOTE_MISSING for a path where no repository is */
export function placeOf(url: string): RemotePlace {
  if (/^https?:\/\//i.test(url)) return { kind: 'http', url };
  for (const path of [join(url, '.aergo'), url, `${url}.aergo`]) {
    if (isFile(join(path, 'format')) && existsSync(join(path, 'volumes'))) return { kind: 'aergo', path };
  }
  for (const path of [join(url, '.git'), url, `${url}.git`]) {
    if (isFile(join(path, 'HEAD')) && existsSync(join(path, 'objects'))) return { kind: 'git', path };
  }
  throw new AergoError('AERGO_REMOTE_MISSING', `there is no repository at ${url}`, {
    hint: 'check the path, or give a URL: https://host/path',
  });
}

const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true;
