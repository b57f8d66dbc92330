/**
 * What a client learns of a remote at first: which protocol it speaks, what it can do, and its refs. Everything in it is a
 * stranger's word: names are checked to be names, nothing else is believed.
 */
import { AergoError } from '../errors.ts';
import { isOid } from '../object/oid.ts';
import { answerLines, readAnswer } from './answer.ts';
import { ByteReader } from './byte-reader.ts';
import { delimiterPacket, flushPacket, lineOf, linePacket, type Packet, protocolFault } from './pkt-line.ts';
import { type AdvertisedRef, objectFormat } from './served.ts';
import type { GitService, Transport } from './transport.ts';
import type { ProtocolVersion } from './upload-pack.ts';

export interface RemoteRefs {
  readonly version: ProtocolVersion;
  /** By name; the text behind `=`, empty where there is none. */
  readonly capabilities: ReadonlyMap<string, string>;
  /** Without HEAD. */
  readonly refs: readonly AdvertisedRef[];
  /** The ref that HEAD names, where the remote says so; it may not be there yet. */
  readonly head?: string;
}

const maxRefs = 1_000_000;
const refName = /^refs\/[^\p{Cc} ~^:?*[\\]+$/u;

export interface DiscoveryOptions {
  /** As Git sends it: `name/version`. */
  readonly agent: string;
  /** The highest protocol to speak; for a fetch 2 where nothing is given. */
  readonly version?: ProtocolVersion;
  /** Only refs that begin so are of interest; the remote may give others too. */
  readonly prefixes?: readonly string[];
}

/**
 * Asks a remote what it can do and for its refs.
 * @throws AergoError AERGO_REMOTE_FORMAT when its objects are not SHA-256; AERGO_REMOTE_REFUSED, AERGO_REMOTE_FAILED,
 * AERGO_PROTOCOL_INVALID
 */
export async function discoverRefs(
  transport: Transport,
  service: GitService,
  options: DiscoveryOptions,
): Promise<RemoteRefs> {
  const wanted = service === 'git-receive-pack' ? 0 : (options.version ?? 2);
  const reader = new ByteReader(transport.discover(service, wanted));
  try {
    let first = await readAnswer(reader);
    if (typeof first !== 'string' && lineOf(first).startsWith('# service=')) {
      if ((await readAnswer(reader)) !== 'flush') throw protocolFault('no flush follows the name of the service');
      first = await readAnswer(reader);
    }
    const line = typeof first === 'string' ? first : lineOf(first);
    if (line === 'version 2') return await secondProtocol(transport, await capabilityLines(reader), options);
    const isOne = line === 'version 1';
    return await oldRefs(reader, isOne ? await readAnswer(reader) : first, isOne ? 1 : 0);
  } finally {
    await reader.close();
  }
}

function parseCapabilities(words: Iterable<string>): Map<string, string> {
  const found = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf('=');
    const name = at < 0 ? word : word.slice(0, at);
    // Of several, the first counts; symref is the one that comes more than once, and HEAD's comes first.
    if (name !== '' && !found.has(name)) found.set(name, at < 0 ? '' : word.slice(at + 1));
  }
  return found;
}

async function capabilityLines(reader: ByteReader): Promise<Map<string, string>> {
  const lines: string[] = [];
  for await (const line of answerLines(reader)) lines.push(line);
  return parseCapabilities(lines);
}

function checkFormat(capabilities: ReadonlyMap<string, string>): void {
  if (capabilities.get('object-format') === 'sha256') return;
  throw new AergoError('AERGO_REMOTE_FORMAT', 'the remote repository has SHA-1 objects, not SHA-256', {
    hint: 'make the remote with git init --bare --object-format=sha256',
  });
}

function checkName(name: string): void {
  if (!refName.test(name) || name.length > 4096) throw protocolFault('the remote has a ref whose name is none');
}

/** The refs of protocols 0 and 1: capabilities behind the first, what tags name in lines of their own. */
async function oldRefs(reader: ByteReader, first: Packet, version: 0 | 1): Promise<RemoteRefs> {
  if (typeof first === 'string') throw protocolFault('the remote says nothing of itself');
  const [line = '', words = ''] = lineOf(first).split('\0', 2);
  const capabilities = parseCapabilities(words.split(' '));
  checkFormat(capabilities);
  const refs = new Map<string, AdvertisedRef>();
  const take = (text: string): void => {
    const [oid = '', name = ''] = text.split(' ', 2);
    if (/^0+$/.test(oid) && name === 'capabilities^{}') return;
    if (!isOid(oid)) throw protocolFault('a line of the refs does not begin with an id');
    if (refs.size === maxRefs) throw protocolFault(`the remote has over ${maxRefs} refs`);
    if (name === 'HEAD' || name === 'HEAD^{}') return;
    if (name.endsWith('^{}')) {
      const tag = refs.get(name.slice(0, -3));
      if (tag === undefined) throw protocolFault('the remote says what a tag names that it does not have');
      refs.set(tag.name, { ...tag, peeled: oid });
    } else if (name !== '.have') {
      checkName(name);
      refs.set(name, { name, oid });
    }
  };
  take(line);
  for await (const text of answerLines(reader)) {
    if (!text.startsWith('shallow ')) take(text);
  }
  const symref = capabilities.get('symref');
  const head = symref?.startsWith('HEAD:') === true ? symref.slice('HEAD:'.length) : undefined;
  return { version, capabilities, refs: [...refs.values()], ...(head === undefined ? {} : { head }) };
}

/** The beginning of a command of protocol 2. */
export function* commandHead(name: string, agent: string): Generator<Uint8Array, void> {
  yield linePacket(`command=${name}`);
  yield linePacket(`agent=${agent}`);
  yield linePacket(objectFormat);
  yield delimiterPacket;
}

async function secondProtocol(
  transport: Transport,
  capabilities: ReadonlyMap<string, string>,
  { agent, prefixes = [] }: DiscoveryOptions,
): Promise<RemoteRefs> {
  checkFormat(capabilities);
  async function* body(): AsyncGenerator<Uint8Array, void> {
    yield* commandHead('ls-refs', agent);
    yield linePacket('peel');
    yield linePacket('symrefs');
    if (capabilities.get('ls-refs')?.split(' ').includes('unborn') === true) yield linePacket('unborn');
    for (const prefix of prefixes.length === 0 ? [] : ['HEAD', ...prefixes]) yield linePacket(`ref-prefix ${prefix}`);
    yield flushPacket;
  }
  const reader = new ByteReader(transport.request('git-upload-pack', 2, body()));
  const refs: AdvertisedRef[] = [];
  let head: string | undefined;
  try {
    for await (const line of answerLines(reader)) {
      const ref = parseRef(line);
      if (refs.length === maxRefs) throw protocolFault(`the remote has over ${maxRefs} refs`);
      if (ref.name === 'HEAD') head = ref.symref;
      else refs.push(ref.ref());
    }
  } finally {
    await reader.close();
  }
  return { version: 2, capabilities, refs, ...(head === undefined ? {} : { head }) };
}

/** A line of ls-refs. */
function parseRef(line: string): { name: string; symref?: string; ref(): AdvertisedRef } {
  const [id = '', name = '', ...attributes] = line.split(' ');
  const of = (keyword: string): string | undefined =>
    attributes.find((attribute) => attribute.startsWith(keyword))?.slice(keyword.length);
  const symref = of('symref-target:');
  const peeled = of('peeled:');
  if (name !== 'HEAD') checkName(name);
  if (symref !== undefined) checkName(symref);
  return {
    name,
    ...(symref === undefined ? {} : { symref }),
    ref() {
      if (!isOid(id) || (peeled !== undefined && !isOid(peeled))) throw protocolFault('a ref of the remote has no id');
      return { name, oid: id, ...(peeled === undefined ? {} : { peeled }) };
    },
  };
}
