import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Folders whose tests open SQL engines in their own process, and start few others. */
const engines = ['contract', 'ledger', 'merge', 'repository'].map((folder) => `test/${folder}/**/*.test.ts`);

/** Small files with the longest tests: one that came last would have one core wait for the other. */
const longest =
  /\/(?:documents[\w-]*|cli\/(?:processes|remotes|json)|tui\/terminal|repository\/flips|wire\/client)\.test\.ts$/;

/** The longest first, then those that share a process, one after the other. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) =>
      longest.test(moduleId) ? 0 : project.config.isolate ? 2 : 1;
    return (await super.sort(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

export default defineConfig({
  test: {
    globalSetup: ['test/cli/build-when-stale.ts', 'test/support/temporary-place.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    // As brief commands have it (src/cli/brief-work.ts).
    execArgv: ['--wasm-tiering-budget=1000000000'],
    projects: [
      // These share a process: what one file has compiled of the SQL engine and of the sources, the next ones need too.
      { extends: true, test: { name: 'engines', include: engines, isolate: false } },
      {
        extends: true,
        test: { name: 'others', include: ['test/**/*.test.ts'], exclude: ['test/long/**', ...engines] },
      },
    ],
  },
});
