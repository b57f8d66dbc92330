/** Who says in the directory where refs stand that have moved at this server: its key, where the directory is written here. */
import { realpathSync } from 'node:fs';
import { relative } from 'node:path';
import type { KeyId, SigningKey } from '../crypto/key.ts';
import type { RepositoryContext } from '../repository/context.ts';
import { isHome } from '../repository/home.ts';
import { publishRefs } from '../repository/publish.ts';
import type { HttpApplicationOptions } from './http-application.ts';

export interface Publisher {
  /** Whose key does it for a repository; undefined: nobody's. */
  keyFor(context: RepositoryContext): KeyId | undefined;
  publish(context: RepositoryContext): Promise<void>;
}

export interface PublisherOptions extends Pick<HttpApplicationOptions, 'isPrivate' | 'logger'> {
  readonly root: string;
  readonly key?: SigningKey;
}

/** @param origins under which clients reach the server: a policy may name one of them as the directory's home */
export function publisherOf(options: PublisherOptions, origins: () => readonly string[]): Publisher {
  const { key, logger, isPrivate } = options;
  const root = realpathSync(options.root);
  const isWrittenHere = ({ directory, directoryVersion }: RepositoryContext): boolean => {
    const { home } = directoryVersion.policy;
    return [directory, ...origins().map((origin) => `${origin}/${relative(root, directory)}`)].some((place) =>
      isHome(home, place),
    );
  };
  // A private place beside another is no home either: its own versions would be a chain aside.
  const keyFor = (context: RepositoryContext): KeyId | undefined =>
    isPrivate?.(context.directory) === true || !isWrittenHere(context) ? undefined : key?.id;
  return {
    keyFor,
    async publish(context) {
      if (key === undefined) return;
      const { home } = context.directoryVersion.policy;
      if (keyFor(context) === undefined) {
        if (home !== undefined) logger.info({ home }, 'heads are not published: the directory is written at its home');
      } else if (!(await publishRefs(context, key)))
        logger.error({ key: key.id }, 'heads are not published: the server’s key has not the role publish');
    },
  };
}
