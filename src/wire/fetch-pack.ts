/**
 * The client of a fetch: says what it has, round after round, until the remote knows enough, then takes the pack into a sink.
 * Nothing that comes is believed: what the objects mean, and whether they hang together, is for whoever reads the sink.
 */
import type { Oid } from '../object/oid.ts';
import type { RemoteRefs } from './discovery.ts';
import { oldExchange } from './fetch-old.ts';
import { secondExchange } from './fetch-second.ts';
import type { Fetched, FetchOptions, FetchWish } from './fetch-wish.ts';
import { Negotiator } from './negotiator.ts';
import type { Transport } from './transport.ts';

/** Commits named in the first round, then twice as many in each, up to the most. */
const firstRound = 16;
const largestRound = 1024;
/** So many named without one that the remote knows: then there is nothing in common that is worth finding. */
const inVain = 256;

/**
 * Fetches.
 * @param remote as `discoverRefs` found it for `git-upload-pack`
 * @throws AergoError AERGO_REMOTE_REFUSED with what the remote says; AERGO_REMOTE_FAILED; AERGO_PROTOCOL_INVALID;
 * AERGO_PACK_INVALID, AERGO_PACK_LIMIT; what the sink throws
 */
export async function fetchPack(
  transport: Transport,
  remote: RemoteRefs,
  wish: FetchWish,
  options: FetchOptions,
): Promise<Fetched> {
  const exchange = (remote.version === 2 ? secondExchange : oldExchange)(transport, remote, wish, options);
  const negotiator = new Negotiator(wish.graph, wish.tips);
  const common = new Set<Oid>();
  let round = firstRound;
  let vain = 0;
  for (;;) {
    const haves = negotiator.next(round);
    const done = haves.length === 0 || vain >= inVain;
    // The remote keeps nothing between requests: what it knew is said again.
    const answer = await exchange([...common, ...haves], done);
    if ('unpacked' in answer) return answer;
    const said = new Set(haves);
    const found = answer.filter((oid) => said.has(oid) && !common.has(oid));
    for (const oid of found) {
      common.add(oid);
      negotiator.isCommon(oid);
    }
    vain = found.length > 0 ? 0 : vain + haves.length;
    round = Math.min(round * 2, largestRound);
  }
}
