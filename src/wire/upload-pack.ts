/**
 * The server of a fetch in protocol 2: what it can do, the refs, and the pack. Each request stands alone, so any server can
 * answer it.
 * @see https://git-scm.com/docs/gitprotocol-v2
 */
import type { Oid } from '../object/oid.ts';
import { ByteReader, type ByteStream } from './byte-reader.ts';
import { FetchPlan } from './fetch-plan.ts';
import { type FetchRequest, maxRequestLines, parseFetchArguments } from './fetch-request.ts';
import { bandedPack } from './pack-writer.ts';
import { delimiterPacket, flushPacket, lineOf, linePacket, protocolFault, readLines, readPacket } from './pkt-line.ts';
import { type AdvertisedRef, objectFormat, refsInOrder, type ServedRepository } from './served.ts';
import { type AnswerState, answered, type ServiceOptions } from './server-answer.ts';
import { uploadPackOld } from './upload-pack-old.ts';

/** What a client says it speaks: 0 when it says nothing. */
export type ProtocolVersion = 0 | 1 | 2;

const maxPrefixes = 1000;
const fetchFeatures = 'shallow wait-for-done filter ref-in-want';

/** The answer to a client that begins a fetch in protocol 2: what the server can do. Refs are asked for separately. */
export function* advertiseCapabilities({ agent }: ServiceOptions): Generator<Uint8Array, void> {
  yield linePacket('version 2');
  yield linePacket(`agent=${agent}`);
  yield linePacket('ls-refs=unborn');
  yield linePacket(`fetch=${fetchFeatures}`);
  yield linePacket(objectFormat);
  yield flushPacket;
}

/**
 * The answer to one request of a fetch. It never throws: an error ends the answer in a form that the client shows, and is
 * given to `onFault`.
 */
export function uploadPack(
  repository: ServedRepository,
  version: ProtocolVersion,
  request: ByteStream,
  options: ServiceOptions,
): AsyncGenerator<Uint8Array, void> {
  return answered(options, async function* (state) {
    const reader = new ByteReader(request);
    try {
      if (version === 2) yield* command(repository, reader, state);
      else yield* uploadPackOld(repository, reader, state);
    } finally {
      await reader.close();
    }
  });
}

/** One command of protocol 2. An empty request is a client that wants no more. */
async function* command(
  repository: ServedRepository,
  reader: ByteReader,
  state: AnswerState,
): AsyncGenerator<Uint8Array, void> {
  const head: string[] = [];
  let next = await readPacket(reader);
  for (; typeof next !== 'string'; next = await readPacket(reader)) {
    if (head.length === maxRequestLines) throw protocolFault(`there are over ${maxRequestLines} lines in one list`);
    head.push(lineOf(next));
  }
  if (head.length === 0 && next !== 'delimiter') return;
  if (next !== 'delimiter' && next !== 'flush') throw protocolFault(`a command ends with ${next}`);
  const lines = next === 'delimiter' ? await readLines(reader, 'flush', maxRequestLines) : [];
  if (!head.includes(objectFormat)) {
    throw protocolFault('this repository has SHA-256 objects: a client has to ask for object-format=sha256');
  }
  const name = head.find((line) => line.startsWith('command='))?.slice('command='.length);
  if (name === 'ls-refs') yield* listRefs(repository, lines);
  else if (name === 'fetch') yield* fetch(repository, parseFetchArguments(lines), state);
  else throw protocolFault(`the command "${name?.slice(0, 80) ?? ''}" is not known here`);
}

function* listRefs(repository: ServedRepository, lines: readonly string[]): Generator<Uint8Array, void> {
  const prefixes = lines.flatMap((line) => (line.startsWith('ref-prefix ') ? [line.slice('ref-prefix '.length)] : []));
  // Prefixes only spare refs; so many that they cost more than they spare are passed over.
  const isAskedFor = (name: string): boolean =>
    prefixes.length === 0 || prefixes.length > maxPrefixes || prefixes.some((prefix) => name.startsWith(prefix));
  const ordered = refsInOrder(repository);
  const { head } = repository;
  if (lines.includes('unborn') && head !== undefined && ordered[0]?.name !== 'HEAD' && isAskedFor('HEAD')) {
    yield linePacket(`unborn HEAD symref-target:${head}`);
  }
  for (const { name, oid, peeled } of ordered) {
    if (!isAskedFor(name)) continue;
    const symref = name === 'HEAD' && lines.includes('symrefs') ? ` symref-target:${head}` : '';
    const tag = peeled !== undefined && lines.includes('peel') ? ` peeled:${peeled}` : '';
    yield linePacket(`${oid} ${name}${symref}${tag}`);
  }
  yield flushPacket;
}

async function* fetch(
  repository: ServedRepository,
  request: FetchRequest,
  state: AnswerState,
): AsyncGenerator<Uint8Array, void> {
  const wantedRefs = namedRefs(repository, request.wantedRefs);
  const wants: Oid[] = [...request.wants, ...wantedRefs.map(({ oid }) => oid)];
  if (wants.length === 0 && !request.waitForDone) return;
  const plan = await FetchPlan.of(repository, request, wants, false);
  const common: Oid[] = [];
  for (const oid of request.haves) if (await plan.takeHave(oid)) common.push(oid);
  if (request.haves.length > 0 && !request.done) {
    const ready = plan.isReady() && !request.waitForDone;
    yield linePacket('acknowledgments');
    if (common.length === 0) yield linePacket('NAK');
    for (const oid of common) yield linePacket(`ACK ${oid}`);
    if (ready) yield linePacket('ready');
    yield ready ? delimiterPacket : flushPacket;
    if (!ready) return;
  }
  if (plan.cut !== undefined) {
    yield linePacket('shallow-info');
    for (const line of plan.cutLines()) yield linePacket(line);
    yield delimiterPacket;
  }
  if (wantedRefs.length > 0) {
    yield linePacket('wanted-refs');
    for (const { name, oid } of wantedRefs) yield linePacket(`${oid} ${name}`);
    yield delimiterPacket;
  }
  const pack = await plan.pack();
  yield linePacket('packfile');
  state.banded = true;
  yield* bandedPack(pack, request.noProgress);
}

function namedRefs(repository: ServedRepository, names: readonly string[]): AdvertisedRef[] {
  if (names.length === 0) return [];
  const refs = new Map(refsInOrder(repository).map((ref) => [ref.name, ref]));
  return names.map((name) => {
    const found = refs.get(name);
    if (found !== undefined) return found;
    throw protocolFault(`there is no ref "${name.slice(0, 200)}"`);
  });
}
