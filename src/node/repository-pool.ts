/** The repositories below a root directory: each held open while it is used, and the longest unused ones closed. */
import { type Dirent, readdirSync, realpathSync, statSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { RepositoryOptions } from '../repository/context.ts';
import { HeldRepository } from './held-repository.ts';

const ending = '.aergo';

export interface PoolOptions {
  /** Repositories that are open at once at most, when none of them is in use. */
  readonly open: number;
  /** How long one stays open unused, in milliseconds. */
  readonly idle_ms: number;
}

export class RepositoryPool {
  readonly #root: string;
  readonly #options: RepositoryOptions;
  readonly #limits: PoolOptions;
  /** In the order of their last use, the newest last. */
  readonly #held = new Map<string, HeldRepository>();

  /** @param root an existing directory; `ROOT/team/shop.aergo` is offered as `/team/shop` */
  constructor(root: string, options: RepositoryOptions, limits: PoolOptions) {
    this.#root = realpathSync(root);
    this.#options = options;
    this.#limits = limits;
  }

  /** The repository at a path as requests name it; undefined where there is none. */
  find(repository: string): HeldRepository | undefined {
    const directory = this.#directoryOf(repository);
    if (directory === undefined) return undefined;
    const held = this.#held.get(directory) ?? new HeldRepository(directory, this.#options);
    this.#held.delete(directory);
    this.#held.set(directory, held);
    return held;
  }

  /** The repositories below the root, as long as `goesOn` says so: there may be any number of directories without one. */
  *all(goesOn: () => boolean): Generator<HeldRepository, void> {
    for (const name of namesBelow(this.#root, goesOn)) {
      const held = this.find(name);
      if (held !== undefined) yield held;
    }
  }

  #directoryOf(repository: string): string | undefined {
    const named = join(this.#root, `${repository}${ending}`);
    if (statSync(join(named, 'format'), { throwIfNoEntry: false })?.isFile() !== true) return undefined;
    // A link inside the root may point within it and nowhere else.
    const directory = realpathSync(named);
    return directory.startsWith(this.#root + sep) ? directory : undefined;
  }

  /** Closes what is idle, and of what is open too many at once. To be called now and then. */
  async tidy(): Promise<void> {
    const old_ms = this.#options.clock() - this.#limits.idle_ms;
    // They stay known: whoever has just found one must not meet a second one of the same directory.
    const open = [...this.#held.values()].filter((held) => held.isOpen);
    const surplus = open.length - this.#limits.open;
    const closing = open.filter((held, at) => held.idleSince(at < surplus ? Number.POSITIVE_INFINITY : old_ms));
    await Promise.all(closing.map((held) => held.close()));
  }

  /** Waits for what is under way and closes all. */
  async close(): Promise<void> {
    const all = [...this.#held.values()];
    this.#held.clear();
    await Promise.all(all.map((held) => held.close()));
  }
}

/** Nothing is served below a directory that cannot be read. */
function entriesOf(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** What looks like a repository below a directory, as requests name it: `team/shop`. Links to directories are not followed. */
function* namesBelow(root: string, goesOn: () => boolean, folder = ''): Generator<string, void> {
  for (const entry of entriesOf(join(root, folder))) {
    if (!goesOn()) return;
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (name.endsWith(ending)) yield name.slice(0, -ending.length);
    else if (entry.isDirectory()) yield* namesBelow(root, goesOn, name);
  }
}
