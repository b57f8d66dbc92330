import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { contractOf } from '../../src/contract/gate.ts';
import { encodeManifest, manifestOf, parseManifest } from '../../src/contract/manifest.ts';
import { objectId } from '../../src/object/object.ts';

interface Vector {
  readonly source: string;
  readonly origin: { readonly author: string; readonly deploy: string; readonly replaces: string | null };
  readonly manifest: string;
  readonly blob: string;
  readonly schemas: Record<string, unknown>;
}

const file = join(import.meta.dirname, '../../fixtures/format/manifest.json');
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vector[];

describe('manifest.json', () => {
  for (const [at, vector] of vectors.entries()) {
    it(`vector ${at + 1}: a source gives these bytes and these schemas on every machine`, async () => {
      const contract = await contractOf(vector.source);
      const text = encodeManifest(manifestOf(contract, vector.origin));
      expect(text).toBe(vector.manifest);
      expect(objectId('blob', Buffer.from(text))).toBe(vector.blob);
      expect(Object.fromEntries(contract.tables.map(({ name, schema }) => [name, schema]))).toEqual(vector.schemas);
      expect(encodeManifest(parseManifest(text))).toBe(text);
    });
  }

  const [{ manifest } = { manifest: '' }] = vectors;
  const damaged: [string, string][] = [
    ['without its LF', manifest.trim()],
    ['with a space', manifest.replace(':', ': ')],
    ['with an unknown member', manifest.replace('{', '{"a":1,')],
    ['with another order', `{"views":[],${manifest.slice(1).replace(',"views":[]', '')}`],
    ['with a short key', manifest.replace('AAAA', 'AAA')],
    ['without a member', manifest.replace('"tables":["accounts"],', '')],
    ['that is no JSON', 'x\n'],
    ['that is empty', ''],
  ];
  for (const [what, text] of damaged) {
    it(`refuses one ${what}`, () => {
      expect(() => parseManifest(text)).toThrowError(expect.objectContaining({ code: 'AERGO_MANIFEST_INVALID' }));
    });
  }
});
