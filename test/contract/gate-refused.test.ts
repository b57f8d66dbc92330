/**
 * The refused corpus, `fixtures/contracts/refused/NAME.sql`: contracts that are hostile or whose result would not be the same
 * everywhere. Each says in its first line where it must be refused, with which code, and with which words:
 *
 *     -- refused 12:5 AERGO_CONTRACT_REFUSED LIMIT without ORDER BY
 */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { checkContract } from '../../src/contract/gate.ts';

const directory = fileURLToPath(new URL('../../fixtures/contracts/refused', import.meta.url));
const files = globSync('*.sql', { cwd: directory }).sort();

describe('the gate refuses', () => {
  for (const file of files) {
    it(basename(file, '.sql').replaceAll('-', ' '), async () => {
      const source = readFileSync(join(directory, file), 'utf8');
      const expected = /^-- refused (\d+):(\d+) (AERGO_\w+) (.+)\n/.exec(source);
      expect(expected, 'the first line says what is refused').not.toBeNull();
      const [, line, column, code, words = ''] = expected ?? [];
      const { findings, contract } = await checkContract(source);
      expect(contract).toBeUndefined();
      const found = findings.map((finding) => `${finding.line}:${finding.column} ${finding.code} ${finding.message}`);
      expect(found).toContainEqual(expect.stringContaining(words));
      expect(found.find((finding) => finding.includes(words))).toMatch(new RegExp(`^${line}:${column} ${code} `));
      // A newcomer is told once what is wrong, and then everything else.
      expect(new Set(found).size).toBe(found.length);
    });
  }

  it('at least 150 of them', () => {
    expect(files.length).toBeGreaterThanOrEqual(150);
  });
});
