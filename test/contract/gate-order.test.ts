/**
 * Which orders the gate takes for total. That those are total indeed is tried on random rows: rows that an accepted ORDER BY
 * does not tell apart must be the same in everything that the query gives.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkContract } from '../../src/contract/gate.ts';

const tables = `CREATE TABLE t (k int8 PRIMARY KEY, u int8 UNIQUE, n int8 NOT NULL UNIQUE, a int8);
CREATE TABLE p (x int8, y int8, z int8, PRIMARY KEY (x, y));
CREATE UNIQUE INDEX live ON t (a) WHERE u IS NULL;
`;

async function isAccepted(query: string): Promise<boolean> {
  const { findings } = await checkContract(
    `${tables}CREATE FUNCTION f(arg int8) RETURNS void AS $$ DECLARE r record; BEGIN FOR r IN ${query} LOOP NULL; END LOOP; END $$;`,
  );
  const others = findings.filter(({ message }) => !message.includes('order that nothing fixes'));
  expect(others, query).toEqual([]);
  return findings.length === 0;
}

describe('an order is total', () => {
  const total = [
    'SELECT a FROM t ORDER BY k',
    'SELECT a FROM t ORDER BY a DESC NULLS LAST, k',
    'SELECT a FROM t ORDER BY n',
    'SELECT a FROM t ORDER BY a',
    'SELECT k AS b, a FROM t ORDER BY 1',
    'SELECT k AS b, a FROM t ORDER BY b',
    'SELECT * FROM t WHERE k = arg',
    'SELECT * FROM t WHERE u = arg',
    'SELECT * FROM t WHERE a = arg AND u IS NULL',
    'SELECT * FROM p WHERE x = arg ORDER BY y',
    'SELECT * FROM p WHERE (x, y) = (arg, 1)',
    'SELECT t.a, p.z FROM p JOIN t ON t.k = p.x ORDER BY p.x, p.y',
    'SELECT t.a, p.z FROM p LEFT JOIN t ON t.k = p.z ORDER BY x, y',
    'SELECT a.a, b.a AS c FROM t a JOIN t b USING (k) ORDER BY k',
    'SELECT a, count(*) FROM t GROUP BY a ORDER BY a',
    'SELECT DISTINCT a FROM t ORDER BY a',
    'SELECT k FROM t UNION SELECT x FROM p ORDER BY 1',
    'SELECT s.k, s.c FROM (SELECT k, a AS c FROM t) s ORDER BY s.k',
    'SELECT a, m FROM (SELECT a, max(n) AS m FROM t GROUP BY a) s ORDER BY a',
    'WITH q AS (SELECT x, y, z FROM p) SELECT * FROM q ORDER BY x, y',
    'SELECT max(a) FROM t',
    'SELECT i FROM generate_series(1, 3) AS i',
    'SELECT unnest(ARRAY[3, 1, 2])',
    'VALUES (2), (1)',
    'SELECT t.k, e.v FROM t CROSS JOIN LATERAL unnest(ARRAY[k, a]) WITH ORDINALITY AS e (v, no) ORDER BY t.k, e.no',
  ];
  for (const query of total) it(query, async () => expect(await isAccepted(query)).toBe(true));
});

describe('an order is not total', () => {
  const open = [
    'SELECT k FROM t',
    'SELECT k, a FROM t ORDER BY a',
    'SELECT k FROM t ORDER BY u',
    'SELECT k FROM t WHERE a = arg',
    'SELECT k FROM t WHERE a = arg AND u IS NOT NULL',
    'SELECT k FROM t WHERE k = a',
    'SELECT k FROM t WHERE k = arg OR a = 1',
    'SELECT z FROM p ORDER BY x',
    'SELECT t.a, p.z FROM p JOIN t ON t.k = p.x ORDER BY t.k',
    'SELECT t.a, p.z FROM t LEFT JOIN p ON p.x = t.k ORDER BY t.k',
    'SELECT t.a, p.z FROM t FULL JOIN p ON p.x = t.k AND p.y = 1 ORDER BY p.x, p.y',
    'SELECT a, n FROM t GROUP BY a, n ORDER BY a',
    'SELECT a, max(n) FROM t GROUP BY ROLLUP (a) ORDER BY a',
    'SELECT DISTINCT a, n FROM t ORDER BY a',
    'SELECT k, a FROM t UNION ALL SELECT x, y FROM p ORDER BY 1',
    'SELECT a, unnest(ARRAY[k, n]) FROM t ORDER BY k',
    'SELECT count(*) FROM t GROUP BY a',
    'SELECT row_number() OVER (ORDER BY k), a FROM t',
    'SELECT e.v FROM t, unnest(ARRAY[k, a]) AS e (v) ORDER BY t.k',
    'SELECT s.a, s.k FROM (SELECT k, a FROM t ORDER BY k) s',
  ];
  for (const query of open) it(query, async () => expect(await isAccepted(query)).toBe(false));
});

interface Row {
  readonly [column: string]: number | null;
}

const value = fc.integer({ min: 0, max: 2 });
const rowsOfT = fc.uniqueArray(fc.record({ k: value, u: fc.option(value), n: value, a: fc.option(value) }), {
  maxLength: 3,
  comparator: (one, other) => one.k === other.k || one.n === other.n || (one.u !== null && one.u === other.u),
});
const rowsOfP = fc.uniqueArray(fc.record({ x: value, y: value, z: fc.option(value) }), {
  maxLength: 5,
  comparator: (one, other) => one.x === other.x && one.y === other.y,
});

const columns = ['t.k', 't.u', 't.n', 't.a', 'p.x', 'p.y', 'p.z'];
const equality = fc.tuple(fc.constantFrom(...columns), fc.constantFrom(...columns, '1'));
const some = fc.subarray(columns);

describe('random queries', () => {
  it('give rows in one order where the gate accepts them', async () => {
    let accepted = 0;
    const query = fc.record({
      outputs: fc.subarray(columns, { minLength: 1 }),
      sorts: some,
      where: fc.array(equality, { maxLength: 2 }),
      on: equality,
      isLeft: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(query, fc.array(fc.tuple(rowsOfT, rowsOfP), { minLength: 8, maxLength: 8 }), async (q, data) => {
        const text = (pairs: readonly (readonly [string, string])[]): string =>
          pairs.map(([a, b]) => `${a} = ${b}`).join(' AND ');
        const outputs = q.outputs.map((name, at) => `${name} AS c${at}`).join(', ');
        const sql = `SELECT ${outputs} FROM t ${q.isLeft ? 'LEFT ' : ''}JOIN p ON ${text([q.on])}${q.where.length > 0 ? ` WHERE ${text(q.where)}` : ''}${q.sorts.length > 0 ? ` ORDER BY ${q.sorts.join(', ')}` : ''}`;
        if (!(await isAccepted(sql))) return;
        accepted += 1;
        for (const [t, p] of data) {
          const byOrder = new Map<string, string>();
          for (const row of join(t, p, q.on, q.isLeft)) {
            if (!q.where.every((pair) => holds(row, pair))) continue;
            const order = JSON.stringify(q.sorts.map((name) => row[name]));
            const given = JSON.stringify(q.outputs.map((name) => row[name]));
            expect(byOrder.get(order) ?? given, sql).toBe(given);
            byOrder.set(order, given);
          }
        }
      }),
      { numRuns: 1_500 },
    );
    expect(accepted).toBeGreaterThan(100);
  });
});

function holds(row: Row, [a, b]: readonly [string, string]): boolean {
  const left = row[a] ?? null;
  const right = b === '1' ? 1 : (row[b] ?? null);
  return left !== null && left === right;
}

function join(t: readonly Row[], p: readonly Row[], on: readonly [string, string], isLeft: boolean): Row[] {
  return t.flatMap((left) => {
    const joined = p.map((right) => named(left, right)).filter((row) => holds(row, on));
    return joined.length === 0 && isLeft ? [named(left, { x: null, y: null, z: null })] : joined;
  });
}

function named(t: Row, p: Row): Row {
  const entries = [
    ...Object.entries(t).map(([name, cell]) => [`t.${name}`, cell] as const),
    ...Object.entries(p).map(([name, cell]) => [`p.${name}`, cell] as const),
  ];
  return Object.fromEntries(entries);
}
