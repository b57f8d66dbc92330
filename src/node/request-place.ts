/**
 * What a request's path names: a repository below the root, and a service of it. Names are of unreserved characters only, so
 * nothing needs decoding, and no path leaves the root however it is written.
 */

export type GitService = 'git-upload-pack' | 'git-receive-pack';

/** Where a request goes. */
export interface RequestPlace {
  /** `/team/shop`, as in tokens: without `.aergo` or `.git`. */
  readonly repository: string;
  readonly service: 'refs' | GitService;
}

/** Folders below the root at most, the repository included. */
const depth = 8;
const path_characters = 500;
const namePattern = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;
const services: readonly [ending: string, service: RequestPlace['service']][] = [
  ['/info/refs', 'refs'],
  ['/git-upload-pack', 'git-upload-pack'],
  ['/git-receive-pack', 'git-receive-pack'],
];

/** Undefined for a path that names nothing that could be here. @param path as it came in, without its query */
export function placeOfRequest(path: string): RequestPlace | undefined {
  if (path.length > path_characters) return undefined;
  for (const [ending, service] of services) {
    if (!path.endsWith(ending)) continue;
    const repository = path.slice(0, -ending.length).replace(/\.(?:aergo|git)$/, '');
    const names = repository.split('/').slice(1);
    const fits = repository.startsWith('/') && names.length > 0 && names.length <= depth && names.every(isName);
    return fits ? { repository, service } : undefined;
  }
  return undefined;
}

/** A name ending in `.aergo` is a repository's directory: a folder cannot have it, or one path would name two places. */
const isName = (name: string): boolean => namePattern.test(name) && !/\.(?:aergo|git|lock)$/.test(name);

/** Which service an advertisement of refs is asked for; undefined where the query asks for another or for none. */
export function serviceOfQuery(query: string): GitService | undefined {
  const asked = new URLSearchParams(query).getAll('service');
  return asked.length === 1 && (asked[0] === 'git-upload-pack' || asked[0] === 'git-receive-pack')
    ? asked[0]
    : undefined;
}
