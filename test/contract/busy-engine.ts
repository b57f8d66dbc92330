/** A process that calls without end in a block that it never finishes, and says so after every run: it is there to be killed. */
import { Engine } from '../../src/contract/engine.ts';
import { call } from './workbench.ts';

const [directory = '', position = ''] = process.argv.slice(2);
const engine = await Engine.open({ directory });
if (engine.position !== position) throw new Error(`the engine stands at ${engine.position}`);
await engine.begin({ height: 2, time_ms: 2 });
process.stdout.write('running\n');
for (;;) {
  await engine.run(Array.from({ length: 100 }, () => call('bank.transfer', 'alice', 'bob', '0.01')));
  process.stdout.write('ran\n');
}
