/** `--version` and `status` as whole processes, each in turn with a bare `node -e 0`. Needs the build in `dist/`. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { inTurn, type Report } from './report.ts';
import { inDirectory, newBank } from './setup.ts';

const rounds = 25;
const launcher = fileURLToPath(new URL('../bin/aergo.js', import.meta.url));

export const purpose = `--version and status as processes, ${rounds} times in turn with a bare node`;

export async function run(report: Report): Promise<void> {
  await inDirectory(async (directory) => {
    const { repository } = await newBank(directory, 'startup');
    const head = repository.head.block.id;
    await repository.close();
    const environment = { PATH: process.env.PATH ?? '', HOME: directory, NO_COLOR: '1' };
    let output = '';
    const start = (args: readonly string[]): void => {
      const { status, stdout, stderr } = spawnSync(process.execPath, args, {
        cwd: directory,
        env: environment,
        encoding: 'utf8',
      });
      if (status !== 0) throw new Error(`${args.join(' ')} ends with ${status}: ${stderr}`);
      output = stdout;
    };
    // The first round, which is not counted, caches compiled code, as it is for a user.
    const times = await inTurn(rounds, {
      bare: () => start(['-e', '0']),
      version: () => start([launcher, '--version']),
      status: () => start([launcher, 'status']),
    });
    report.holds('status names the block', output.includes(head.slice(0, 7)), true);
    const reference = { what: 'bare node', value: times.bare };
    const wanted = (limit: number) => ({ limit, is: 'at most', of: 'ratio' }) as const;
    report.figure({ what: 'aergo --version', value: times.version, unit: 'ms', reference, target: wanted(2) });
    report.figure({ what: 'aergo status', value: times.status, unit: 'ms', reference, target: wanted(6) });
  });
}
