/**
 * A Git repository on this machine, reached through Git's own programs as child processes: for plain paths that are no
 * repository of ours. One process a request, as over HTTP.
 */
import { spawn } from 'node:child_process';
import { isAbsolute } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AergoError } from '../errors.ts';
import type { ByteStream } from './byte-reader.ts';
import { plainText } from './plain-text.ts';
import type { GitService, Transport } from './transport.ts';
import type { ProtocolVersion } from './upload-pack.ts';

/** What is kept of what a program says on stderr. */
const told_characters = 2000;

export class ProcessTransport implements Transport {
  readonly #path: string;
  readonly #env: Readonly<Record<string, string | undefined>>;

  /**
   * @param path of the repository, absolute: it could be taken for an option otherwise
   * @param env the environment of the programs; `GIT_PROTOCOL` is added
   */
  constructor(path: string, env: Readonly<Record<string, string | undefined>>) {
    if (!isAbsolute(path)) throw new AergoError('AERGO_INTERNAL', `the path of a repository is not absolute: ${path}`);
    this.#path = path;
    this.#env = env;
  }

  discover(service: GitService, version: ProtocolVersion): ByteStream {
    return this.#run(service, version, ['--http-backend-info-refs']);
  }

  request(service: GitService, version: ProtocolVersion, body: ByteStream): ByteStream {
    return this.#run(service, version, [], body);
  }

  async *#run(
    service: GitService,
    version: ProtocolVersion,
    options: readonly string[],
    body?: ByteStream,
  ): AsyncGenerator<Uint8Array, void> {
    const program = service.slice('git-'.length);
    const child = spawn('git', [program, '--stateless-rpc', ...options, this.#path], {
      env: { ...this.#env, GIT_PROTOCOL: `version=${version}` },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      told = (told + text).slice(0, told_characters);
    });
    const ended = new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code) => resolve(code ?? 1));
    });
    ended.catch(ignore);
    // A program that ends before it has read everything says why: what it says counts, not that it did not read.
    const sent = body === undefined ? child.stdin.end() : pipeline(Readable.from(body), child.stdin);
    if (sent instanceof Promise) sent.catch(ignore);
    try {
      yield* child.stdout;
      const code = await ended;
      if (code !== 0) throw failed(program, told);
    } catch (error) {
      throw error instanceof AergoError ? error : failed(program, told, error);
    } finally {
      child.kill();
    }
  }
}

const ignore = (): void => undefined;

function failed(program: string, told: string, cause?: unknown): AergoError {
  const reason = plainText(told) || 'it ended without a word';
  return new AergoError('AERGO_REMOTE_FAILED', `git ${program} failed: ${reason}`, { cause });
}
