/** `--version` and `status` as whole processes, each in turn with a bare `node -e 0`. Needs the build in `dist/`. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { median, type Report, timed } from './report.ts';
import { inDirectory, newBank } from './setup.ts';

const rounds = 25;
const launcher = fileURLToPath(new URL('../bin/aergo.js', import.meta.url));

export const purpose = `--version and status as processes, ${rounds} times in turn with a bare node`;

export async function run(report: Report): Promise<void> {
  await inDirectory(async (directory) => {
    const { repository } = await newBank(directory, 'startup');
    const head = repository.head.block.id;
    await repository.close();
    const commands = { bare: ['-e', '0'], version: [launcher, '--version'], status: [launcher, 'status'] };
    const times = { bare: [] as number[], version: [] as number[], status: [] as number[] };
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
    // Compiled code is cached by the first run, as it is for a user.
    for (const args of Object.values(commands)) start(args);
    report.holds('status names the block', output.includes(head.slice(0, 7)), true);
    for (let round = 0; round < rounds; round++) {
      times.bare.push(await timed(() => start(commands.bare)));
      times.version.push(await timed(() => start(commands.version)));
      times.status.push(await timed(() => start(commands.status)));
    }
    const reference = { what: 'bare node', value: median(times.bare) };
    const wanted = (limit: number) => ({ limit, is: 'at most', of: 'ratio' }) as const;
    report.figure({ what: 'aergo --version', value: median(times.version), unit: 'ms', reference, target: wanted(2) });
    report.figure({ what: 'aergo status', value: median(times.status), unit: 'ms', reference, target: wanted(6) });
  });
}
