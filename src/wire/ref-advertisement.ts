/**
 * The refs with which protocols 0 and 1 begin, capabilities behind the first.
 * @see https://git-scm.com/docs/gitprotocol-pack
 */
import { flushPacket, linePacket, packet } from './pkt-line.ts';
import type { AdvertisedRef } from './served.ts';

/** What stands for no object: in the place of a ref that is made or deleted, and where there are no refs. */
export const nullOid = '0'.repeat(64);

/**
 * @param refs in the order in which they are sent
 * @param capabilities separated by spaces
 */
export function* advertiseRefs(
  refs: readonly AdvertisedRef[],
  capabilities: string,
  version: 0 | 1,
): Generator<Uint8Array, void> {
  if (version === 1) yield linePacket('version 1');
  const lines = refs.flatMap(({ name, oid, peeled }) =>
    peeled === undefined ? [`${oid} ${name}`] : [`${oid} ${name}`, `${peeled} ${name}^{}`],
  );
  const [first = `${nullOid} capabilities^{}`, ...others] = lines;
  yield packet(Buffer.from(`${first}\0${capabilities}\n`));
  for (const line of others) yield linePacket(line);
  yield flushPacket;
}
