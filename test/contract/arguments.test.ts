import { describe, expect, it } from 'vitest';
import { checkArguments, misfit } from '../../src/contract/arguments.ts';
import { AergoError } from '../../src/errors.ts';

const transfer = {
  name: 'transfer',
  arguments: [
    { name: 'sender', type: 'text' },
    { name: 'recipient', type: 'varchar(5)' },
    { name: 'amount', type: 'numeric(15,2)' },
  ],
  returns: 'text',
};

function refusal(args: (string | null)[]): AergoError {
  try {
    checkArguments(transfer, args);
  } catch (error) {
    if (error instanceof AergoError) return error;
    throw error;
  }
  throw new Error('the arguments were taken');
}

describe('arguments of a call', () => {
  it('names the argument, its type and what is wrong with it', () => {
    const error = refusal(['alice', 'bob', '12,50']);
    expect(error.code).toBe('AERGO_ARGUMENT_INVALID');
    expect(error.message).toBe('argument 3 (amount numeric(15,2)): "12,50" is not a number');
    expect(refusal(['alice', 'bob', '12.505']).message).toBe(
      'argument 3 (amount numeric(15,2)): "12.505" has more than 2 decimals',
    );
    expect(refusal(['alice', 'robert', '1']).message).toBe(
      'argument 2 (recipient varchar(5)): "robert" has more than 5 characters',
    );
  });

  it('says how many there should be', () => {
    const error = refusal(['alice']);
    expect(error.code).toBe('AERGO_ARGUMENT_COUNT');
    expect(error.message).toBe(
      'transfer takes 3 arguments (sender text, recipient varchar(5), amount numeric(15,2)), not 1.',
    );
  });

  it('takes null for every type', () => {
    expect(() => checkArguments(transfer, [null, null, null])).not.toThrow();
  });

  const fits: [string, string[]][] = [
    ['int2', ['0', '-32768', '32767', '+5', '007']],
    ['int4', ['2147483647', '-2147483648']],
    ['int8', ['9223372036854775807', '-9223372036854775808']],
    ['numeric(15,2)', ['12.5', '12.50', '-0.00', '1234567890123.45', '.5', '5.', '12.500']],
    ['numeric(3,5)', ['0.00123']],
    ['numeric(3,-2)', ['12300']],
    ['numeric', ['1.00000000000000000000000001']],
    ['bool', ['t', 'f', 'true', 'false']],
    ['varchar(2)', ['ab', '🙂🙂', '']],
    ['uuid', ['a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11']],
    ['bytea', ['\\x', '\\x00ff']],
    ['date', ['2024-02-29', '0001-01-01', '12026-01-01']],
    ['timestamp', ['2026-11-20 08:30:00', '2026-11-20 08:30:00.123456', '2026-11-20 00:00:00.5']],
    ['timestamptz', ['2026-11-20 08:30:00+00']],
    ['jsonb', ['{"a": 1}', 'null']],
  ];
  for (const [type, values] of fits) {
    it(`${type} takes ${values.join(', ')}`, () => {
      for (const value of values) expect(misfit(value, type), value).toBeUndefined();
    });
  }

  const misfits: [string, string[]][] = [
    ['int2', ['32768', '1.0', '', ' 1', '1_000', '0x1', 'NaN']],
    ['int4', ['2147483648', '-2147483649']],
    ['int8', ['9223372036854775808', '1'.repeat(5000)]],
    ['numeric(15,2)', ['NaN', 'Infinity', '-Infinity', '1e2', '12345678901234', '0.001', '', '.', '1 ', '--1']],
    ['numeric(3,5)', ['0.01', '1']],
    ['numeric(3,-2)', ['12345', '1234500']],
    ['numeric', ['NaN', 'inf']],
    ['bool', ['yes', '1', 'TRUE', '']],
    ['varchar(2)', ['abc', '🙂🙂🙂']],
    ['text', ['a\0b']],
    ['uuid', ['A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc999c0b4ef8bb6d6bb9bd380a11']],
    ['bytea', ['\\xF', '\\xFF', 'ff']],
    ['date', ['2023-02-29', '2026-13-01', '0000-01-01', '2026-1-1', 'today', 'infinity', '2026-01-01 BC']],
    ['timestamp', ['2026-11-20', '2026-11-20T08:30:00', '2026-11-20 24:00:00', '2026-11-20 08:30:00.10', 'now']],
    ['timestamptz', ['2026-11-20 08:30:00', '2026-11-20 08:30:00+01', '2026-11-20 08:30:60+00']],
    ['jsonb', ['{a: 1}', '']],
  ];
  for (const [type, values] of misfits) {
    it(`${type} refuses ${values.map((value) => JSON.stringify(value.slice(0, 30))).join(', ')}`, () => {
      for (const value of values) expect(misfit(value, type), value).toBeTypeOf('string');
    });
  }

  it('looks through enums and domains of the contract', () => {
    const own = {
      types: [{ name: 'colour', labels: ['red', 'blue'] }],
      domains: [{ name: 'amount', type: 'numeric(15,2)' }],
    };
    expect(misfit('red', 'colour', own)).toBeUndefined();
    expect(misfit('green', 'colour', own)).toBe('is none of red, blue');
    expect(misfit('12.505', 'amount', own)).toBe('has more than 2 decimals');
  });
});
