/** What of a machine a call uses up is never a verdict: who seals leaves it out, who verifies says "undecided". */
import { expect, it } from 'vitest';
import { closeQuietly, fixedOptions, keyOf, newRepository, openRepository } from '../support/repository.ts';

const source = `
CREATE TABLE counters (k text PRIMARY KEY, n int8 NOT NULL);
CREATE FUNCTION count_to(k text, n int8) RETURNS int8 AS $$
DECLARE i int8 := 0;
BEGIN
  WHILE i < n LOOP i := i + 1; END LOOP;
  INSERT INTO counters VALUES (k, i);
  RETURN i;
END $$;
CREATE FUNCTION deeper(n int8) RETURNS int8 AS $$ BEGIN RETURN deeper(n + 1); END $$;
CREATE FUNCTION many(n int4) RETURNS void AS $$ BEGIN INSERT INTO counters SELECT i::text, i FROM generate_series(1, n) AS i; END $$;
`;

it('a block whose call does not end in time here is undecided, with exit code 75, and right where there is time', async () => {
  const slow = { ...fixedOptions('slow'), callDeadline_ms: 60_000 };
  const { repository, directory } = await newRepository('slow', slow);
  const key = keyOf('ada');
  await repository.deploy({ name: 'count', source, key });
  await repository.call({ contract: 'count', function: 'count_to', args: ['a', '5000000'], key });
  await closeQuietly(repository);
  const hasty = await openRepository(directory, { ...slow, callDeadline_ms: 100 });
  await expect(hasty.verify()).rejects.toMatchObject({ code: 'AERGO_VERIFY_UNDECIDED', exitCode: 75 });
  await closeQuietly(hasty);
  const patient = await openRepository(directory, slow);
  expect(await patient.verify()).toMatchObject({ blocks: 3 });
  await closeQuietly(patient);
}, 120_000);

it('tells who submits what was used up, and what was over a limit, and how much', async () => {
  const key = keyOf('ada');
  const open = async (callDeadline_ms: number) => {
    const { repository } = await newRepository('told', { ...fixedOptions('told'), callDeadline_ms });
    await repository.deploy({ name: 'count', source, key });
    return (fn: string, ...args: string[]) => repository.call({ contract: 'count', function: fn, args, key });
  };
  const hasty = await open(100);
  await expect(hasty('count_to', 'a', '1000000000')).rejects.toMatchObject({
    code: 'AERGO_CONTRACT_DEADLINE',
    exitCode: 5,
  });
  const patient = await open(20_000);
  await expect(patient('deeper', '0')).rejects.toMatchObject({ code: 'AERGO_CONTRACT_LIMIT', exitCode: 5 });
  await expect(patient('many', '10001')).rejects.toMatchObject({
    code: 'AERGO_CONTRACT_LIMIT',
    message: expect.stringContaining('10,001 rows written, of 10,000 that a call may have'),
  });
  await patient('count_to', 'a', '3');
}, 60_000);
