/** The accepted corpus goes through the gate; that it also runs, and as a native PostgreSQL does, is native.test.ts. */
import { describe, expect, it } from 'vitest';
import { checkContract } from '../../src/contract/gate.ts';
import { acceptedContracts } from '../support/accepted-contracts.ts';

const corpus = acceptedContracts();

describe('the gate lets through', () => {
  for (const { name, source } of corpus) {
    it(name.replaceAll('_', ' '), async () => {
      expect((await checkContract(source)).findings).toEqual([]);
    });
  }

  it('at least 60 of them', () => {
    expect(corpus.length).toBeGreaterThanOrEqual(60);
  });
});
