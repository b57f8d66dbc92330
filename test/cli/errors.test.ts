import { expect, test } from 'vitest';
import { errorCodes, exitCodes } from '../../src/errors.ts';

/** docs/errors.md as it has to be; `vitest run test/cli/errors.test.ts -u` writes it. */
function errorsPage(): string {
  const rows = Object.entries(errorCodes).map(
    ([code, { exit, summary }]) => `| \`${code}\` | ${exitCodes[exit]} | ${summary} |`,
  );
  return `# Error codes

Every error has a code, which never changes its meaning. \`error:\` on stderr ends with it, and with \`--json\` it is \`error.code\`. The
exit code follows from it: see [cli.md](cli.md). A test keeps this page and \`src/errors.ts\` equal.

| code | exit | meaning |
| --- | --- | --- |
${rows.join('\n')}
`;
}

test('docs/errors.md lists every code of the registry, and no other', async () => {
  await expect(errorsPage()).toMatchFileSnapshot('../../docs/errors.md');
});

test('the registry is in alphabetical order, and each summary is a sentence', () => {
  const codes = Object.keys(errorCodes);
  expect(codes).toEqual([...codes].sort());
  for (const [code, { summary }] of Object.entries(errorCodes)) expect(summary, code).toMatch(/^[A-Z].*\.$/);
});
