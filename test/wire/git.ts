/** Stock Git run beside a server in this process: asynchronously, without anybody's configuration, with SHA-256 repositories. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { isOid, type Oid } from '../../src/object/oid.ts';
import type { AdvertisedRef, ServedRepository } from '../../src/wire/served.ts';
import { unpack } from '../../src/wire/unpack.ts';
import { temporaryDirectory } from '../support/repository.ts';
import { MemorySink } from './packs.ts';
import { readerOf } from './streams.ts';

const run = promisify(execFile);

export interface GitAnswer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A work tree, or the place for one. */
export class GitDirectory {
  readonly path: string;
  /** Settings for every command. */
  readonly settings: string[] = [];
  /** Environment for every command, over what all have. */
  readonly env: Record<string, string> = {};

  constructor(path = temporaryDirectory()) {
    this.path = path;
  }

  static async init(...options: string[]): Promise<GitDirectory> {
    const made = new GitDirectory();
    await made.git('init', '--quiet', '--object-format=sha256', '--initial-branch=main', ...options);
    return made;
  }

  /** Output without white space at its end. @throws Error with what Git said when it fails */
  async git(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.try(...args);
    if (code !== 0) throw new Error(`git ${args.join(' ')}: exit ${code}\n${stderr}`);
    return stdout.trimEnd();
  }

  async oid(revision: string): Promise<Oid> {
    const found = await this.git('rev-parse', revision);
    if (!isOid(found)) throw new Error(`${revision} is ${found}`);
    return found;
  }

  async try(...args: string[]): Promise<GitAnswer> {
    const identity = ['-c', 'user.name=ada', '-c', 'user.email=ada'];
    const settings = this.settings.flatMap((setting) => ['-c', setting]);
    const env = {
      PATH: process.env.PATH,
      HOME: this.path,
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_TERMINAL_PROMPT: '0',
      GIT_ALLOW_PROTOCOL: 'http:file',
      TZ: 'UTC',
      ...this.env,
    };
    const options = { cwd: this.path, env, encoding: 'utf8', maxBuffer: 2 ** 26 } as const;
    try {
      return { code: 0, ...(await run('git', [...identity, ...settings, ...args], options)) };
    } catch (error) {
      if (error instanceof Error && 'code' in error && 'stdout' in error && 'stderr' in error) {
        return { code: Number(error.code), stdout: String(error.stdout), stderr: String(error.stderr) };
      }
      throw error;
    }
  }

  /** Commits files; times tick a minute a commit, so that histories can be cut by time. */
  async commit(message: string, files: Readonly<Record<string, string>> = { file: message }): Promise<Oid> {
    await this.commits([{ message, files }]);
    return this.oid('HEAD');
  }

  /** Several commits on HEAD at once. */
  async commits(given: readonly { message: string; files: Readonly<Record<string, string>> }[]): Promise<void> {
    const count = Number(await this.git('rev-list', '--all', '--count'));
    const head = await this.git('symbolic-ref', 'HEAD');
    const { code } = await this.try('rev-parse', '--verify', '--quiet', 'HEAD');
    const parts = given.map(({ message, files }, at) => {
      const changes = Object.entries(files).map(
        ([path, text]) => `M 100644 inline ${path}\ndata ${Buffer.byteLength(text)}\n${text}\n`,
      );
      const from = at === 0 && code === 0 ? `from ${head}^0\n` : '';
      const who = `committer ada <ada> ${1_700_000_000 + (count + at) * 60} +0000`;
      return `commit ${head}\n${who}\ndata ${Buffer.byteLength(message)}\n${message}\n${from}${changes.join('')}\n`;
    });
    await this.fastImport(parts.join(''));
  }

  async fastImport(stream: string): Promise<void> {
    const child = run('git', ['fast-import', '--quiet', '--date-format=raw'], { cwd: this.path });
    child.child.stdin?.end(stream);
    await child;
  }
}

const packLimit_bytes = 2 ** 28;

/** A stock repository as our server is given one. Read once: what is committed later is not served. */
export async function servedFrom(directory: GitDirectory): Promise<ServedRepository & { objects: MemorySink }> {
  const { stdout } = await run(
    'sh',
    ['-c', 'git for-each-ref --format="%(objectname)" | git pack-objects --revs --stdout -q'],
    { cwd: directory.path, encoding: 'buffer', maxBuffer: packLimit_bytes },
  );
  const objects = new MemorySink();
  if (stdout.length > 0) await unpack(readerOf(stdout), objects);
  const format = '--format=%(refname) %(objectname) %(*objectname)';
  const refs = (await directory.git('for-each-ref', format)).split('\n').flatMap((line): AdvertisedRef[] => {
    const [name = '', oid = '', peeled = ''] = line.split(' ');
    if (!isOid(oid)) return [];
    return [isOid(peeled) ? { name, oid, peeled } : { name, oid }];
  });
  return { objects, refs, head: await directory.git('symbolic-ref', 'HEAD') };
}
