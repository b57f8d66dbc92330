/**
 * The server of a fetch in protocols 0 and 1, for clients that do not say they speak 2: the refs come first, then wants and
 * haves are settled in one request after the other, each of which stands alone (stateless, as over HTTP).
 * @see https://git-scm.com/docs/gitprotocol-pack, https://git-scm.com/docs/gitprotocol-capabilities
 */
import { isOid, type Oid } from '../object/oid.ts';
import type { ByteReader } from './byte-reader.ts';
import { FetchPlan } from './fetch-plan.ts';
import { maxRequestLines, parseOldRequest } from './fetch-request.ts';
import { bandedPack, packBytes } from './pack-writer.ts';
import { flushPacket, lineOf, linePacket, protocolFault, readLines, readPacket } from './pkt-line.ts';
import { advertiseRefs } from './ref-advertisement.ts';
import { objectFormat, refsInOrder, type ServedRepository } from './served.ts';
import type { AnswerState, ServiceOptions } from './server-answer.ts';

const offered =
  'multi_ack_detailed no-done side-band-64k thin-pack ofs-delta shallow deepen-since deepen-not deepen-relative no-progress include-tag filter';

const maxFlushes = 100;

/** The answer to a client that begins a fetch in protocol 0 or 1. */
export function advertiseUpload(
  repository: ServedRepository,
  version: 0 | 1,
  { agent }: ServiceOptions,
): Generator<Uint8Array, void> {
  const refs = refsInOrder(repository);
  const symref = refs[0]?.name === 'HEAD' ? `symref=HEAD:${repository.head} ` : '';
  return advertiseRefs(refs, `${offered} ${symref}${objectFormat} agent=${agent}`, version);
}

/** The answer to one request. A client that wants nothing sends a flush, or nothing at all. */
export async function* uploadPackOld(
  repository: ServedRepository,
  reader: ByteReader,
  state: AnswerState,
): AsyncGenerator<Uint8Array, void> {
  if (await reader.atEnd()) return;
  const lines = await readLines(reader, 'flush', maxRequestLines);
  if (lines.length === 0) return;
  const { request, capabilities } = parseOldRequest(lines);
  const plan = await FetchPlan.of(repository, request, request.wants, true);
  if (plan.cut !== undefined) {
    for (const line of plan.cutLines()) yield linePacket(line);
    yield flushPacket;
  }
  const negotiation = new Negotiation(plan, capabilities);
  for (let read = 0; !negotiation.settled; read += 1) {
    if (read > maxRequestLines) throw protocolFault(`there are over ${maxRequestLines} lines in one list`);
    const next = await readPacket(reader);
    if (next === 'end') return;
    const lines = await negotiation.take(typeof next === 'string' ? next : lineOf(next));
    for (const line of lines) yield linePacket(line);
  }
  const pack = await plan.pack();
  state.banded = capabilities.has('side-band-64k');
  if (state.banded) yield* bandedPack(pack, request.noProgress);
  else yield* packBytes(pack);
}

/** Which haves are common, told in the way that the client asked for: with `multi_ack_detailed`, or the first one only. */
class Negotiation {
  settled = false;
  readonly #plan: FetchPlan;
  readonly #detailed: boolean;
  readonly #noDone: boolean;
  #last: Oid | undefined;
  #flushes = 0;

  constructor(plan: FetchPlan, capabilities: ReadonlySet<string>) {
    this.#plan = plan;
    this.#detailed = capabilities.has('multi_ack_detailed');
    this.#noDone = capabilities.has('no-done');
  }

  /** What is answered to a line of a request. @throws AergoError AERGO_PROTOCOL_INVALID */
  async take(line: string): Promise<string[]> {
    if (line === 'flush') return this.#flush();
    if (line === 'done') return this.#done();
    const [keyword, oid = ''] = line.split(' ');
    if (keyword !== 'have' || !isOid(oid)) throw protocolFault(`"${line.slice(0, 80)}" has no place among the haves`);
    return this.#have(oid);
  }

  async #have(oid: Oid): Promise<string[]> {
    if (!(await this.#plan.takeHave(oid))) return [];
    const isFirst = this.#last === undefined;
    this.#last = oid;
    if (this.#detailed) return [`ACK ${oid} common`];
    return isFirst ? [`ACK ${oid}`] : [];
  }

  #flush(): string[] {
    this.#flushes += 1;
    // A request has one; each may cost a walk through what is new.
    if (this.#flushes > maxFlushes) throw protocolFault(`there are over ${maxFlushes} rounds in one request`);
    if (this.#last === undefined) return ['NAK'];
    if (!this.#detailed) return [];
    if (!this.#plan.isReady()) return ['NAK'];
    const ready = [`ACK ${this.#last} ready`, 'NAK'];
    if (!this.#noDone) return ready;
    this.settled = true;
    return [...ready, `ACK ${this.#last}`];
  }

  #done(): string[] {
    this.settled = true;
    if (this.#last === undefined) return ['NAK'];
    return this.#detailed ? [`ACK ${this.#last}`] : [];
  }
}
