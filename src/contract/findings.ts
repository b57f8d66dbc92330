/**
 * What the gate has to say about a source: places in it, with what is wrong and what to write instead.
 */

import { LimitExceeded, type ParseFailure } from './parser.ts';

export interface Finding {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  readonly message: string;
  /** What to write instead. */
  readonly instead?: string;
  /** `AERGO_CONTRACT_LIMIT`: it goes over a limit of the engine, and would also fail where a deployment runs. */
  readonly code: 'AERGO_CONTRACT_LIMIT' | 'AERGO_CONTRACT_REFUSED' | 'AERGO_CONTRACT_SYNTAX';
}

/** Findings kept of one source: nobody reads more, and a source may be made to have a million. */
const mostFindings = 100;

/** Gathers findings about one source. Places are byte offsets into its UTF-8, as PostgreSQL's parser counts. */
export class Findings {
  readonly #bytes: Buffer;
  readonly #found: Finding[] = [];
  #isParsed = true;

  constructor(source: string) {
    this.#bytes = Buffer.from(source, 'utf8');
  }

  /** Notes something that is not allowed. */
  refuse(at: number, message: string, instead?: string): void {
    this.#note('AERGO_CONTRACT_REFUSED', at, message, instead);
  }

  /** Notes something that does not parse. */
  syntax(at: number, message: string, instead?: string): void {
    this.#note('AERGO_CONTRACT_SYNTAX', at, message, instead);
  }

  /** Notes why the parser gave no tree. @param at of the fault in the source, which may be another place than in what was parsed */
  unparsed(at: number, failure: ParseFailure, instead?: string): void {
    if (failure instanceof LimitExceeded) this.limit(at, failure.message);
    else this.syntax(at, failure.message, instead);
  }

  /** Notes that a limit is exceeded. */
  limit(at: number, message: string): void {
    this.#note('AERGO_CONTRACT_LIMIT', at, message, undefined);
  }

  /** All of them, by place. */
  list(): Finding[] {
    return [...this.#found].sort((a, b) => a.line - b.line || a.column - b.column);
  }

  get isEmpty(): boolean {
    return this.#found.length === 0;
  }

  /** Whether all of the source was read: what is refused may still be understood. */
  get isParsed(): boolean {
    return this.#isParsed;
  }

  /** The line, from 1, of a place. */
  lineOf(at: number): number {
    let line = 1;
    for (let next = this.#bytes.indexOf(0x0a); next >= 0 && next < at; next = this.#bytes.indexOf(0x0a, next + 1))
      line += 1;
    return line;
  }

  /**
   * One a place: the first says what is wrong there, and what else is wrong often goes with it. A limit is told in any case: that
   * a deployment fails by it holds for ever, and what else is refused here is this gate's own judgement.
   */
  #note(code: Finding['code'], at: number, message: string, instead: string | undefined): void {
    const isLimit = code === 'AERGO_CONTRACT_LIMIT';
    const isFull = this.#found.length >= mostFindings;
    if (code !== 'AERGO_CONTRACT_REFUSED') this.#isParsed = false;
    if (isFull && !isLimit) return;
    const place = Math.max(0, Math.min(at, this.#bytes.length));
    const lineStart = place === 0 ? 0 : this.#bytes.lastIndexOf(0x0a, place - 1) + 1;
    const column = this.#bytes.toString('utf8', lineStart, place).length + 1;
    const finding = { line: this.lineOf(place), column, message, code, ...(instead === undefined ? {} : { instead }) };
    const there = this.#found.findIndex((other) => other.line === finding.line && other.column === column);
    if (there >= 0) {
      if (isLimit) this.#found[there] = finding;
    } else if (!isFull) this.#found.push(finding);
    else {
      const lesser = this.#found.findLastIndex((other) => other.code !== code);
      if (lesser >= 0) this.#found[lesser] = finding;
    }
  }
}
