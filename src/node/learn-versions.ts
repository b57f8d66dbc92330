/**
 * What a server knows of its repositories before it listens: who may read is then told at once, and how long a repository takes to
 * open, or that somebody has it, does not tell an outsider that it is there.
 */
import { factsOf } from './fault-facts.ts';
import type { RequestLogger } from './http-application.ts';
import type { RepositoryPool } from './repository-pool.ts';

/** A server of very many does not keep everybody waiting for this: the others are learned when they are asked for. */
const patience_ms = 5_000;

/** Learns the newest directory version of every repository of the pool; what cannot be opened is logged. @param clock ms */
export async function learnVersions(pool: RepositoryPool, clock: () => number, logger: RequestLogger): Promise<void> {
  const until = clock() + patience_ms;
  for (const held of pool.all(() => clock() < until)) {
    await held.learn().catch((error: unknown) => {
      logger.error({ directory: held.directory, ...factsOf(error) }, 'a repository cannot be opened');
    });
  }
}
