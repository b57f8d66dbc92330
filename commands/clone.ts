/** Makes a ledger from another place of it: verified whole before it is there. */
import { rmSync } from 'node:fs';
import { basename } from 'node:path';
import * as Flags from '@oclif/core/flags';
import { optionalWord, word } from '../src/cli/arguments.ts';
import { RemoteCommand } from '../src/cli/remote-command.ts';
import { counted, short } from '../src/cli/render/columns.ts';
import { cutLines } from '../src/cli/render/cut.ts';
import { fastNote } from '../src/cli/render/remote.ts';
import { visible } from '../src/cli/render/visible.ts';

export default class Clone extends RemoteCommand {
  static override isBulk = true;
  static override summary = 'make a ledger from another place of it';
  static override description =
    'Takes all branches, snapshots and the directory from a server, a repository on this machine or a plain Git repository, verifies every signature, version and block by running them again, and only then puts the ledger there. --fast leaves the running out: aergo verify does it later. --depth takes one branch and its newest blocks alone: those that they stand on are taken by signature, and the copy can be read and fetched into, but not written, until aergo fetch --unshallow has brought the rest.';
  static override args = {
    source: word('a URL or a path'),
    directory: optionalWord('where (default: named after the source)'),
  };
  static override flags = {
    bare: Flags.boolean({ default: false, description: 'the repository itself, to be served: NAME.aergo' }),
    branch: Flags.string({
      char: 'b',
      description: 'the branch to be on (default: the remote’s own)',
      helpValue: 'BRANCH',
    }),
    depth: Flags.integer({ min: 1, description: 'only so many of the newest blocks, of one branch', helpValue: 'N' }),
    fast: Flags.boolean({ default: false, description: 'check signatures and structure, run nothing again' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Clone);
    const [{ Repository, wholeUrl }, options, access] = await Promise.all([
      import('../src/repository.ts'),
      this.repositoryOptions(),
      this.access(),
    ]);
    const url = wholeUrl(args.source, process.cwd());
    const name = basename(url.replace(/\/(?:\.aergo|\.git)?$/, '')).replace(/\.(?:aergo|git)$/, '');
    const target = args.directory ?? (flags.bare ? `${name}.aergo` : name);
    const { branch, bare, depth, fast } = flags;
    const report = await Repository.clone(url, target, options, {
      access,
      bare,
      fast,
      onWorkshop: removeAtTheEnd,
      ...(branch === undefined ? {} : { branch }),
      ...(depth === undefined ? {} : { depth }),
    });
    this.print({ url, fast, ...report }, () => [
      `cloned ${visible(url)} into ${visible(target)}: ${report.branch} at block ${report.height} ${short(report.head)}`,
      `${counted(report.blocks, 'block')}, ${counted(report.branches, 'branch', 'branches')}, ${counted(report.snapshots, 'snapshot')}; ${fastNote(fast)}`,
      ...cutLines(report),
    ]);
  }
}

/** Also where the user ends it before the clone does: an interrupt, a hangup or a polite kill leaves nothing. */
function removeAtTheEnd(workshop: string): void {
  process.once('exit', () => rmSync(workshop, { recursive: true, force: true }));
  process.once('SIGTERM', () => process.exit(143)).once('SIGHUP', () => process.exit(129));
}
