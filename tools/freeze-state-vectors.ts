/** Writes fixtures/format/state-*.json anew. Only on purpose: after the first release a change of one is another format. */
import { writeFileSync } from 'node:fs';
import { vectorFiles } from '../test/state/vector-cases.ts';

for (const [file, vectors] of vectorFiles) {
  writeFileSync(new URL(`../fixtures/format/${file}`, import.meta.url), `${JSON.stringify(vectors(), null, 1)}\n`);
}
