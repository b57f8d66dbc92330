/**
 * From a request to what is sent: which wants are allowed, where the history is cut, and the pack. Ranges of blocks are copied
 * where the whole history is asked for; a request with depth, shallow commits or a filter walks trees.
 */
import type { Oid } from '../object/oid.ts';
import {
  allReach,
  type CommitGraph,
  closure,
  commitsBetweenInTurns,
  cutGraph,
  ObjectGraph,
  type Peeled,
  peel,
} from './commit-graph.ts';
import type { FetchRequest } from './fetch-request.ts';
import { listObjects } from './object-list.ts';
import { OfferedHistory, type Patience } from './offered-history.ts';
import { type PackSource, packOf } from './pack-writer.ts';
import { protocolFault } from './pkt-line.ts';
import { wantable } from './reachable.ts';
import type { AdvertisedRef, ServedRepository } from './served.ts';
import { type Cut, cutAt } from './shallow.ts';
import { Turns } from './turns.ts';

/** Commits to send. */
interface Sent {
  readonly commits: readonly Oid[];
  /** The commits next to some of these that the client has: their trees are much like those that are sent. */
  beside(some: readonly Oid[]): Oid[];
}

/** How far haves are looked for while too little is known, and when there is enough to go by. */
const patience = { seeking: { steps: 50_000, looks: 20_000 }, settled: { steps: 16, looks: 16 } } as const;

const parentsOf = (graph: CommitGraph, commits: readonly Oid[]): Oid[] =>
  commits.flatMap((oid) => graph.node(oid)?.parents ?? []);

/** A fetch under way: what is wanted, and what of the client's history is known to be there. */
export class FetchPlan {
  /** Undefined when no depth was asked for. */
  readonly cut: Cut | undefined;
  readonly #graph: CommitGraph;
  readonly #repository: ServedRepository;
  readonly #request: FetchRequest;
  /** What is wanted by name: refs' targets, tags on the way, and single objects. */
  readonly #tips: Oid[] = [];
  readonly #named = new Set<Oid>();
  readonly #common = new Set<Oid>();
  readonly #turns: Turns;
  #offered: OfferedHistory | undefined;
  /** How much was common when it was asked last whether that is enough. */
  #asked = 0;
  #isEnough = false;

  /**
   * @param tipsOnly whether only what refs name may be wanted (protocols 0 and 1), not also what they reach
   * @throws AergoError AERGO_PROTOCOL_INVALID for a want that is not to be had, or a depth that leaves nothing
   */
  static async of(
    repository: ServedRepository,
    request: FetchRequest,
    wants: readonly Oid[],
    tipsOnly: boolean,
  ): Promise<FetchPlan> {
    const graph = repository.graph ?? new ObjectGraph(repository.objects);
    const turns = new Turns();
    await wantable(repository, graph, wants, tipsOnly, turns);
    return new FetchPlan(repository, graph, request, wants, turns);
  }

  private constructor(
    repository: ServedRepository,
    graph: CommitGraph,
    request: FetchRequest,
    wants: readonly Oid[],
    turns: Turns,
  ) {
    this.#repository = repository;
    this.#request = request;
    this.#graph = graph;
    this.#turns = turns;
    for (const want of wants) {
      const { tags, target } = this.#peel(want);
      for (const tag of tags) this.#named.add(tag);
      if (this.#graph.node(target) === undefined) this.#named.add(target);
      else this.#tips.push(target);
    }
    this.cut = this.#cut();
  }

  /** Whether enough is known of what the client has: every want leads to something that it has. */
  isReady(): boolean {
    return this.#common.size > 0 && allReach(this.#graph, this.#tips, this.#common);
  }

  /** The lines that tell the client its new boundary. */
  cutLines(): string[] {
    const { shallow, unshallow } = this.cut ?? { shallow: [], unshallow: [] };
    return [...shallow.map((oid) => `shallow ${oid}`), ...unshallow.map((oid) => `unshallow ${oid}`)];
  }

  /** Notes what the client says it has; whether it is here too, for this client to see. */
  async takeHave(oid: Oid): Promise<boolean> {
    if (!this.#repository.objects.has(oid)) return false;
    this.#offered ??= new OfferedHistory(this.#graph, [...this.#tips, ...this.#refTips()], this.#turns);
    if (!(await this.#offered.reaches(oid, () => this.#patience()))) return false;
    this.#common.add(oid);
    return true;
  }

  /** What is common is looked at again whenever there is twice as much: looking may cost a walk. */
  #patience(): Patience {
    if (!this.#isEnough && this.#common.size >= this.#asked * 2) {
      this.#asked = this.#common.size;
      this.#isEnough = this.isReady();
    }
    return this.#isEnough ? patience.settled : patience.seeking;
  }

  #refTips(): Oid[] {
    const tips = this.#repository.refs.map(({ oid, peeled = oid }) => peeled);
    return tips.filter((oid) => this.#graph.node(oid) !== undefined);
  }

  /** The pack, when nothing more is negotiated. */
  async pack(): Promise<PackSource> {
    const { objects, ranges } = this.#repository;
    const { shallow, filter } = this.#request;
    const haves = this.#haves();
    const { commits, beside } = this.cut === undefined ? await this.#between(haves) : this.#within(haves, this.cut);
    const named = [...this.#named, ...this.#tagsOf(commits)];
    if (ranges === undefined || this.cut !== undefined || shallow.length > 0 || filter !== undefined) {
      const had = [...beside(commits), ...haves];
      const listed = await listObjects(objects, this.#graph, { commits, had, named, filter }, this.#turns);
      // Found one by one, but copied as they lie all the same.
      return ranges?.pack([], listed) ?? packOf(objects, listed);
    }
    const loose = commits.filter((oid) => !ranges.isBlock(oid));
    const given = { commits: loose, had: beside(loose), named };
    const listed = await listObjects(objects, this.#graph, given, this.#turns);
    return ranges.pack(
      commits.filter((oid) => ranges.isBlock(oid)),
      listed,
    );
  }

  #cut(): Cut | undefined {
    const { deepen, deepenRelative, deepenSince, deepenNot, shallow } = this.#request;
    if (deepen === undefined && deepenSince === undefined && deepenNot.length === 0) return undefined;
    const depth =
      deepen === undefined
        ? { since: deepenSince, not: this.#revisions(deepenNot) }
        : { commits: deepen, relative: deepenRelative };
    return cutAt(this.#graph, this.#tips, new Set(shallow), depth);
  }

  /** The commits that the names in `deepen-not` stand for, full or short as Git reads them. */
  #revisions(names: readonly string[]): Oid[] {
    const refs = new Map(this.#repository.refs.map((ref) => [ref.name, ref]));
    return names.map((name) => {
      const full = ['', 'refs/', 'refs/tags/', 'refs/heads/'].find((prefix) => refs.has(`${prefix}${name}`));
      const found = refs.get(`${full ?? ''}${name}`);
      if (found === undefined) throw protocolFault(`there is no ref "${name.slice(0, 200)}" to cut the history at`);
      return this.#peel(found.oid).target;
    });
  }

  #haves(): Oid[] {
    const commits = [...this.#common].map((oid) => this.#peel(oid).target);
    return commits.filter((oid) => this.#graph.node(oid) !== undefined);
  }

  /** What an object names in the end. A commit is not read for it: the graph may know it from an index. */
  #peel(oid: Oid): Peeled {
    return this.#graph.node(oid) === undefined ? peel(this.#repository.objects, oid) : { tags: [], target: oid };
  }

  /** What is sent to somebody who goes on from where they are; nothing behind what they have is looked at. */
  async #between(haves: readonly Oid[]): Promise<Sent> {
    const graph = cutGraph(this.#graph, new Set(this.#request.shallow));
    const commits = await commitsBetweenInTurns(graph, this.#tips, haves, this.#turns);
    const sent = new Set(commits);
    const beside = (some: readonly Oid[]): Oid[] => parentsOf(graph, some).filter((oid) => !sent.has(oid));
    return { commits, beside };
  }

  /** What is sent to somebody whose history is cut anew: behind what they have there may be more that they lack. */
  #within(haves: readonly Oid[], cut: Cut): Sent {
    const had = closure(cutGraph(this.#graph, new Set(this.#request.shallow)), haves);
    const commits = [...closure(cutGraph(this.#graph, cut.at), this.#tips)].filter((oid) => !had.has(oid));
    const beside = (some: readonly Oid[]): Oid[] =>
      [...parentsOf(this.#graph, some), ...cut.unshallow].filter((oid) => had.has(oid));
    return { commits, beside };
  }

  /** Annotated tags of commits that are sent, when the client asked for them: tags of tags too. */
  #tagsOf(commits: readonly Oid[]): Oid[] {
    if (!this.#request.includeTag) return [];
    const sent = new Set(commits);
    const follows = (ref: AdvertisedRef): boolean => ref.peeled !== undefined && sent.has(ref.peeled);
    return this.#repository.refs.filter(follows).flatMap(({ oid }) => this.#peel(oid).tags);
  }
}
