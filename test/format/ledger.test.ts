import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatSchemas } from '../../tools/format-schemas.ts';
import { makeVectors } from '../../tools/freeze-ledger-vectors.ts';

const root = join(import.meta.dirname, '../..');

describe('the format', () => {
  it('gives the ids that stand in fixtures/format/ledger.json for the same keys, times and randomness', async () => {
    const frozen = JSON.parse(readFileSync(join(root, 'fixtures/format/ledger.json'), 'utf8'));
    expect(await makeVectors()).toEqual(frozen);
  });

  it('has its JSON Schemas in schemas/format, as the code checks them', () => {
    for (const [name, text] of formatSchemas()) {
      expect(JSON.parse(readFileSync(join(root, 'schemas/format', name), 'utf8'))).toEqual(JSON.parse(text));
    }
    expect(readdirSync(join(root, 'schemas/format')).sort()).toEqual([...formatSchemas().keys()].sort());
  });
});
