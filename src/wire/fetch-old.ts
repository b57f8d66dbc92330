/**
 * A fetch in protocols 0 and 1, as its client speaks it: for remotes that do not know 2.
 * @see https://git-scm.com/docs/gitprotocol-pack
 */
import { isOid, type Oid } from '../object/oid.ts';
import { readAnswer } from './answer.ts';
import { ByteReader } from './byte-reader.ts';
import type { RemoteRefs } from './discovery.ts';
import {
  type Exchange,
  type FetchOptions,
  type FetchWish,
  needs,
  takeBoundary,
  takeCommon,
  takePack,
} from './fetch-wish.ts';
import { flushPacket, lineOf, linePacket, protocolFault } from './pkt-line.ts';
import type { Transport } from './transport.ts';

export function oldExchange(
  transport: Transport,
  remote: RemoteRefs,
  wish: FetchWish,
  options: FetchOptions,
): Exchange {
  const asked = askedFor(remote, wish, options);
  return async (haves, done) => {
    const body = request(asked, haves, done);
    const reader = new ByteReader(transport.request('git-upload-pack', remote.version === 1 ? 1 : 0, body));
    try {
      const boundary = { shallow: [] as Oid[], unshallow: [] as Oid[] };
      if (wish.depth !== undefined) await takeBoundaries(reader, boundary);
      const { common, packFollows } = await acknowledged(reader, done);
      return packFollows ? { unpacked: await takePack(reader, wish.sink, options), ...boundary } : common;
    } finally {
      await reader.close();
    }
  };
}

/** What stays the same in every round. @throws AergoError AERGO_PROTOCOL_INVALID for what the remote does not offer */
function askedFor(
  { capabilities }: RemoteRefs,
  { wants, shallow = [], depth, filter, includeTags = false }: FetchWish,
  { agent, onProgress }: FetchOptions,
): string[] {
  needs(
    capabilities.has('side-band-64k') && capabilities.has('multi_ack_detailed'),
    'how to send progress beside a pack',
  );
  if (depth !== undefined || shallow.length > 0) needs(capabilities.has('shallow'), 'shallow histories');
  if (depth?.relative === true) needs(capabilities.has('deepen-relative'), 'how to deepen a history');
  if (filter !== undefined) needs(capabilities.has('filter'), 'filters');
  const asked = ['multi_ack_detailed', 'side-band-64k', 'thin-pack', 'ofs-delta', 'no-done', 'filter']
    .filter((name) => capabilities.has(name) && (name !== 'filter' || filter !== undefined))
    .concat(depth?.relative === true ? ['deepen-relative'] : [])
    .concat(includeTags && capabilities.has('include-tag') ? ['include-tag'] : [])
    .concat(onProgress === undefined && capabilities.has('no-progress') ? ['no-progress'] : [])
    .concat('object-format=sha256', `agent=${agent}`);
  const lines = wants.map((oid, at) => (at === 0 ? `want ${oid} ${asked.join(' ')}` : `want ${oid}`));
  lines.push(...shallow.map((oid) => `shallow ${oid}`));
  if (depth !== undefined) lines.push(`deepen ${depth.commits}`);
  if (filter !== undefined) lines.push(`filter ${filter}`);
  return lines;
}

async function* request(
  asked: readonly string[],
  haves: readonly Oid[],
  done: boolean,
): AsyncGenerator<Uint8Array, void> {
  yield Buffer.concat([...asked.map(linePacket), flushPacket]);
  yield Buffer.concat([...haves.map((oid) => linePacket(`have ${oid}`)), done ? linePacket('done') : flushPacket]);
}

async function takeBoundaries(reader: ByteReader, to: { shallow: Oid[]; unshallow: Oid[] }): Promise<void> {
  for (let next = await readAnswer(reader); next !== 'flush'; next = await readAnswer(reader)) {
    if (typeof next === 'string') throw protocolFault(`the boundary ends with ${next}`);
    takeBoundary(lineOf(next), to.shallow, to.unshallow);
  }
}

/** What the remote has in common, and whether the pack comes next. An answer without a pack ends with its acknowledgments. */
async function acknowledged(reader: ByteReader, done: boolean): Promise<{ common: Oid[]; packFollows: boolean }> {
  const common: Oid[] = [];
  for (;;) {
    const next = await readAnswer(reader);
    if (next === 'end' && !done) return { common, packFollows: false };
    if (typeof next === 'string') throw protocolFault(`the acknowledgments end with ${next}`);
    const [word, oid = '', status] = lineOf(next).split(' ');
    if (word === 'NAK') {
      if (done) return { common, packFollows: true };
    } else if (word !== 'ACK' || !isOid(oid)) {
      throw protocolFault('the remote acknowledges something that was not asked');
    } else if (status === undefined) {
      return { common, packFollows: true };
    } else {
      takeCommon(common, oid);
    }
  }
}
