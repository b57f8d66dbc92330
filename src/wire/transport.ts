/**
 * How the client reaches a server: each request and its answer are streams, and no request needs one before it. HTTP is one
 * way, a child process another, a call in this process a third.
 */
import type { ByteStream } from './byte-reader.ts';
import { advertiseReceive, type PushTarget, receivePack } from './receive-pack.ts';
import type { ServedRepository } from './served.ts';
import type { ServiceOptions } from './server-answer.ts';
import { advertiseCapabilities, type ProtocolVersion, uploadPack } from './upload-pack.ts';
import { advertiseUpload } from './upload-pack-old.ts';

export type GitService = 'git-upload-pack' | 'git-receive-pack';

export interface Transport {
  /**
   * What the server says at the beginning: its refs, or in protocol 2 what it can do. HTTP's preface may stand before it.
   * @param version that the client can speak; the server may answer in a lower one
   */
  discover(service: GitService, version: ProtocolVersion): ByteStream;
  /**
   * One request and its answer. A stream that is cut off throws AERGO_REMOTE_FAILED; one that is not read to its end has to be
   * closed (`return`), and then the request is given up.
   */
  request(service: GitService, version: ProtocolVersion, body: ByteStream): ByteStream;
}

/** A server in this process. */
export class LocalTransport implements Transport {
  readonly #repository: ServedRepository;
  readonly #target: PushTarget;
  readonly #options: ServiceOptions;

  /** @param target where pushes go */
  constructor(repository: ServedRepository, target: PushTarget, options: ServiceOptions) {
    this.#repository = repository;
    this.#target = target;
    this.#options = options;
  }

  async *discover(service: GitService, version: ProtocolVersion): AsyncGenerator<Uint8Array, void> {
    const old = version === 1 ? 1 : 0;
    if (service === 'git-receive-pack') yield* advertiseReceive(this.#target, old, this.#options);
    else if (version === 2) yield* advertiseCapabilities(this.#options);
    else yield* advertiseUpload(this.#repository, old, this.#options);
  }

  request(service: GitService, version: ProtocolVersion, body: ByteStream): ByteStream {
    if (service === 'git-upload-pack') return uploadPack(this.#repository, version, body, this.#options);
    return receivePack(this.#target, body, this.#options);
  }
}
