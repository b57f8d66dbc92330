/**
 * A fetch in protocol 2, as its client speaks it.
 * @see https://git-scm.com/docs/gitprotocol-v2
 */
import { isOid, type Oid } from '../object/oid.ts';
import { readAnswer } from './answer.ts';
import { ByteReader } from './byte-reader.ts';
import { commandHead, type RemoteRefs } from './discovery.ts';
import {
  type Exchange,
  type Fetched,
  type FetchOptions,
  type FetchWish,
  needs,
  takeBoundary,
  takeCommon,
  takePack,
} from './fetch-wish.ts';
import { flushPacket, lineOf, linePacket, protocolFault } from './pkt-line.ts';
import type { Transport } from './transport.ts';

export function secondExchange(
  transport: Transport,
  remote: RemoteRefs,
  wish: FetchWish,
  options: FetchOptions,
): Exchange {
  const asked = askedFor(remote, wish, options);
  return async (haves, done) => {
    const body = request(options.agent, [...asked, ...haves.map((oid) => `have ${oid}`), ...(done ? ['done'] : [])]);
    const reader = new ByteReader(transport.request('git-upload-pack', 2, body));
    try {
      const known = done ? undefined : await acknowledged(reader);
      return known === undefined || known.ready ? await takeSections(reader, wish, options) : known.common;
    } finally {
      await reader.close();
    }
  };
}

/** What stays the same in every round. @throws AergoError AERGO_PROTOCOL_INVALID for what the remote does not offer */
function askedFor(
  { capabilities }: RemoteRefs,
  { wants, shallow = [], depth, filter, includeTags = false }: FetchWish,
  { onProgress }: FetchOptions,
): string[] {
  const features = capabilities.get('fetch')?.split(' ') ?? [];
  const lines = ['thin-pack', 'ofs-delta'];
  if (onProgress === undefined) lines.push('no-progress');
  if (includeTags) lines.push('include-tag');
  if (depth !== undefined || shallow.length > 0) needs(features.includes('shallow'), 'shallow histories');
  lines.push(...shallow.map((oid) => `shallow ${oid}`));
  if (depth !== undefined) lines.push(`deepen ${depth.commits}`);
  if (depth?.relative === true) lines.push('deepen-relative');
  if (filter !== undefined) {
    needs(features.includes('filter'), 'filters');
    lines.push(`filter ${filter}`);
  }
  return [...lines, ...wants.map((oid) => `want ${oid}`)];
}

async function* request(agent: string, lines: readonly string[]): AsyncGenerator<Uint8Array, void> {
  yield* commandHead('fetch', agent);
  yield Buffer.concat(lines.map(linePacket));
  yield flushPacket;
}

/** The remote's answer to haves. */
async function acknowledged(reader: ByteReader): Promise<{ common: Oid[]; ready: boolean }> {
  const first = await readAnswer(reader);
  if (typeof first === 'string' || lineOf(first) !== 'acknowledgments') {
    throw protocolFault('the remote does not say what it has in common');
  }
  const common: Oid[] = [];
  let ready = false;
  for (let next = await readAnswer(reader); ; next = await readAnswer(reader)) {
    if (next === (ready ? 'delimiter' : 'flush')) return { common, ready };
    if (typeof next === 'string') throw protocolFault(`the acknowledgments end with ${next}`);
    const [word, oid = ''] = lineOf(next).split(' ');
    if (word === 'ready') ready = true;
    else if (word === 'ACK' && isOid(oid)) takeCommon(common, oid);
    else if (word !== 'NAK') throw protocolFault('the remote acknowledges something that was not asked');
  }
}

/** What comes once the remote knows enough: the new boundary, and the pack. */
async function takeSections(reader: ByteReader, wish: FetchWish, options: FetchOptions): Promise<Fetched> {
  const shallow: Oid[] = [];
  const unshallow: Oid[] = [];
  for (;;) {
    const next = await readAnswer(reader);
    const section = typeof next === 'string' ? next : lineOf(next);
    if (section === 'packfile') return { unpacked: await takePack(reader, wish.sink, options), shallow, unshallow };
    if (section !== 'shallow-info')
      throw protocolFault(`the remote sends ${section.slice(0, 80)} where a pack belongs`);
    for (let line = await readAnswer(reader); line !== 'delimiter'; line = await readAnswer(reader)) {
      if (typeof line === 'string') throw protocolFault(`the boundary ends with ${line}`);
      takeBoundary(lineOf(line), shallow, unshallow);
    }
  }
}
