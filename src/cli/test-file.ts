/** Where a contract's tests stand: beside it, `bank.test.sql` beside `bank.sql`. */
import { existsSync } from 'node:fs';
import { AergoError } from '../errors.ts';

/** The contract's file and that of its tests; either may be given. @throws AergoError AERGO_CONTRACT_TEST */
export function testFilesOf(file: string, tests?: string): { contract: string; tests: string } {
  if (tests !== undefined) return { contract: file, tests };
  if (/\.test\.sql$/i.test(file)) return { contract: file.replace(/\.test(\.sql)$/i, '$1'), tests: file };
  const beside = file.replace(/(\.sql)?$/i, '.test.sql');
  if (existsSync(beside)) return { contract: file, tests: beside };
  throw new AergoError('AERGO_CONTRACT_TEST', `${file} has no tests: there is no ${beside}`, {
    hint: `write them there, as CREATE FUNCTION test_…() RETURNS void, or name their file with --tests`,
  });
}
