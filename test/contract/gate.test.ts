import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptContract, checkContract, contractOf, type Finding } from '../../src/contract/gate.ts';
import { bank, paperExample } from './workbench.ts';

async function findings(source: string): Promise<readonly Finding[]> {
  return (await checkContract(source)).findings;
}

const table = 'CREATE TABLE t (k text PRIMARY KEY, n int8);\n';

/** A function around statements: they begin in line 3, column 1. */
function body(statements: string, declarations = ''): string {
  return `${table}CREATE FUNCTION f() RETURNS int8 AS $$ DECLARE x int8; r record; ${declarations} BEGIN\n${statements}\nRETURN 1; END $$;`;
}

describe('the gate lets through', () => {
  it("the paper's example as it stands, with its schema and signature", async () => {
    const { findings: found, contract } = await checkContract(paperExample);
    expect(found).toEqual([]);
    expect(contract?.tables).toEqual([
      {
        name: 'accounts',
        schema: {
          columns: [
            { name: 'owner', type: 'varchar', notNull: true },
            { name: 'balance', type: 'numeric', modifier: '15,2' },
          ],
          key: ['owner'],
          elements: ['owner   VARCHAR NOT NULL PRIMARY KEY', 'balance NUMERIC(15, 2)'],
          indexes: [],
        },
      },
    ]);
    expect(contract?.functions).toEqual([
      {
        name: 'transfer',
        arguments: [
          { name: 'sender', type: 'text' },
          { name: 'recipient', type: 'text' },
          { name: 'amount', type: 'numeric(15,2)' },
        ],
        returns: 'text',
      },
    ]);
    expect(contract?.statements.map(({ kind, name, line }) => [kind, name, line])).toEqual([
      ['table', 'accounts', 1],
      ['function', 'transfer', 6],
    ]);
    expect(contract?.statements[1]?.text).toMatch(/\$\$\nLANGUAGE plpgsql$/);
  });

  const accepted: Record<string, string> = {
    'enums, domains, views, indexes, comments and foreign keys': `
      -- an é before what follows
      CREATE TYPE colour AS ENUM ('red', 'blue');
      CREATE DOMAIN amount AS numeric(15,2) CHECK (VALUE >= 0);
      CREATE TABLE boxes (id int4, colour colour NOT NULL DEFAULT 'red', worth amount, at timestamptz DEFAULT now(), tags text[], twice int8 GENERATED ALWAYS AS (id * 2) STORED, PRIMARY KEY (id, colour), UNIQUE (worth), CHECK (id > 0));
      CREATE TABLE parts (id text PRIMARY KEY DEFAULT aergo.tx_id(), box int4, c colour, FOREIGN KEY (box, c) REFERENCES boxes ON DELETE CASCADE);
      CREATE UNIQUE INDEX by_worth ON boxes (worth DESC) WHERE worth > 10;
      CREATE VIEW dear AS SELECT id, worth FROM boxes WHERE worth > 100;
      COMMENT ON TABLE boxes IS 'what is kept';
      CREATE FUNCTION paint(box int4, c colour) RETURNS amount LANGUAGE sql AS $$ UPDATE boxes SET worth = 1 WHERE id = box AND colour = c RETURNING worth $$;
      CREATE FUNCTION half(n int8) RETURNS int8 RETURN n / 2;
      CREATE FUNCTION _all() RETURNS SETOF boxes LANGUAGE sql AS 'SELECT * FROM boxes';`,
    'control flow, handlers with names, and row statements': body(
      `FOR r IN SELECT * FROM t ORDER BY k LOOP x := x + r.n; CONTINUE WHEN x > 5; END LOOP;
      WHILE x > 0 LOOP x := x - 1; EXIT WHEN x = 2; END LOOP;
      CASE x WHEN 1 THEN NULL; ELSE RAISE NOTICE 'x is %', x; END CASE;
      PERFORM f(); GET DIAGNOSTICS x = ROW_COUNT;
      BEGIN INSERT INTO t VALUES ('a', 1) ON CONFLICT (k) DO UPDATE SET n = t.n + 1; EXCEPTION WHEN unique_violation OR foreign_key_violation THEN x := 0; WHEN SQLSTATE '22012' THEN RAISE EXCEPTION 'no' USING ERRCODE = 'A0001'; END;
      MERGE INTO t USING (VALUES ('a', 1)) AS s (k, n) ON t.k = s.k WHEN MATCHED THEN UPDATE SET n = s.n WHEN NOT MATCHED THEN INSERT VALUES (s.k, s.n);
      WITH d AS (DELETE FROM t WHERE k = 'a' RETURNING n) SELECT sum(n) INTO x FROM d;
      x := n FROM t WHERE k = 'b'; x := (aergo.block_height() + length(aergo.author()))::int8;`,
      `y t%ROWTYPE; z t.n%TYPE; w numeric(10,2) := 1.5;`,
    ),
  };
  for (const [what, source] of Object.entries(accepted)) {
    it(what, async () => {
      expect(await findings(source)).toEqual([]);
    });
  }
});

describe('the gate refuses, with line and column,', () => {
  /** source, line, column, part of the message */
  const refused: [string, string, number, number, string][] = [
    [
      'a statement that is no definition',
      `${table}INSERT INTO t VALUES ('a', 1);`,
      2,
      1,
      'INSERT INTO is not allowed in a contract',
    ],
    ['DO', `DO $$ BEGIN END $$;`, 1, 1, 'DO'],
    ['COPY', `${table}COPY t FROM STDIN;`, 2, 1, 'COPY'],
    ['GRANT', `GRANT ALL ON t TO PUBLIC;`, 1, 1, 'GRANT'],
    ['SET', `SET search_path = x;`, 1, 1, 'SET'],
    ['a trigger', `${table}CREATE TRIGGER g AFTER INSERT ON t EXECUTE FUNCTION f();`, 2, 1, 'CREATE TRIGGER'],
    [
      'a trigger function',
      `CREATE FUNCTION f() RETURNS trigger AS $$ BEGIN RETURN NULL; END $$;`,
      1,
      29,
      'triggers are not allowed',
    ],
    ['a rule', `${table}CREATE RULE r AS ON INSERT TO t DO NOTHING;`, 2, 1, 'CREATE RULE'],
    ['an extension', 'CREATE EXTENSION dblink;', 1, 1, 'CREATE EXTENSION'],
    ['a composite type', 'CREATE TYPE p AS (a int);', 1, 1, 'CREATE TYPE'],
    ['a sequence', 'CREATE SEQUENCE s;', 1, 1, 'CREATE SEQUENCE'],
    ['a procedure', `CREATE PROCEDURE p() LANGUAGE sql AS '';`, 1, 1, 'procedures are not allowed'],
    ['a materialised view', `${table}CREATE MATERIALIZED VIEW m AS SELECT * FROM t;`, 2, 1, 'CREATE MATERIALIZED'],
    ['no primary key', 'CREATE TABLE t (k text);', 1, 14, 'has no primary key'],
    [
      'a key of numeric without scale',
      'CREATE TABLE t (\n  k numeric PRIMARY KEY);',
      2,
      5,
      'needs precision and scale',
    ],
    ['a key of jsonb', 'CREATE TABLE t (k jsonb PRIMARY KEY);', 1, 19, 'type jsonb cannot be in a primary key'],
    [
      'a key of an interval',
      'CREATE TABLE t (k interval PRIMARY KEY);',
      1,
      19,
      'type interval cannot be in a primary key',
    ],
    [
      'a float column',
      'CREATE TABLE t (k text PRIMARY KEY, x double precision);',
      1,
      39,
      'float8 rests on floating-point',
    ],
    [
      'a real argument',
      'CREATE FUNCTION f(x real) RETURNS int AS $$ BEGIN RETURN 1; END $$;',
      1,
      21,
      'float4 rests on floating-point',
    ],
    ['a float variable', body('NULL;', '\n  y double precision;'), 3, 5, 'float8 rests on floating-point'],
    ['a cast to float', body('x := (1::float8)::int8;'), 3, 10, 'float8 rests on floating-point'],
    ['a power', body('x := 2 ^ 3;'), 3, 8, 'the operator ^ gives floating-point'],
    ['a serial', 'CREATE TABLE t (k serial PRIMARY KEY);', 1, 19, 'serial is a sequence'],
    [
      'an identity',
      'CREATE TABLE t (k int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY);',
      1,
      24,
      'IDENTITY is a sequence',
    ],
    ['nextval', body(`x := nextval('s');`), 3, 6, 'nextval() is a sequence'],
    ['random', body('x := random() * 10;'), 3, 6, 'random() is random'],
    [
      'gen_random_uuid in a default',
      'CREATE TABLE t (k uuid PRIMARY KEY DEFAULT gen_random_uuid());',
      1,
      44,
      'gen_random_uuid() is random',
    ],
    ['EXECUTE', body(`EXECUTE 'SELECT 1';`), 3, 1, 'EXECUTE runs a text'],
    ['FOR … IN EXECUTE', body(`FOR r IN EXECUTE 'SELECT 1' LOOP END LOOP;`), 3, 10, 'FOR … IN EXECUTE'],
    ['COMMIT', body('COMMIT;'), 3, 1, 'COMMIT is not allowed'],
    ['SET in a body', body('SET LOCAL search_path = x;'), 3, 1, 'SET is not allowed'],
    ['COPY in a body', body('COPY t FROM STDIN;'), 3, 1, 'COPY is not allowed'],
    ['LISTEN', body('LISTEN a;'), 3, 1, 'LISTEN is not allowed'],
    ['NOTIFY', body('NOTIFY a;'), 3, 1, 'NOTIFY is not allowed'],
    ['CALL', body('CALL f();'), 3, 1, 'CALL and DO are not allowed'],
    ['DDL in a body', body('CREATE TABLE u (k text PRIMARY KEY);'), 3, 1, 'CREATE TABLE is not allowed'],
    ['TRUNCATE', body('TRUNCATE t;'), 3, 1, 'TRUNCATE is not allowed'],
    ['ASSERT', body('ASSERT true;'), 3, 1, 'ASSERT'],
    ['SET ROLE', body('SET ROLE postgres;'), 3, 1, 'SET is not allowed'],
    [
      'WHEN OTHERS',
      body(`BEGIN x := 1; EXCEPTION\nWHEN OTHERS THEN x := 0; END;`),
      4,
      6,
      'OTHERS takes in errors of the engine',
    ],
    [
      'WHEN out_of_memory',
      body(`BEGIN x := 1; EXCEPTION\nWHEN out_of_memory THEN x := 0; END;`),
      4,
      6,
      'OUT_OF_MEMORY',
    ],
    [
      'WHEN SQLSTATE of class 54',
      body(`BEGIN x := 1; EXCEPTION\nWHEN SQLSTATE '54001' THEN x := 0; END;`),
      4,
      16,
      'class 54',
    ],
    [
      'SQLERRM',
      body(`BEGIN x := 1; EXCEPTION WHEN unique_violation THEN\nRAISE EXCEPTION '%', SQLERRM; END;`),
      4,
      22,
      'SQLERRM',
    ],
    [
      'GET STACKED DIAGNOSTICS',
      body(`BEGIN x := 1; EXCEPTION WHEN unique_violation THEN\nGET STACKED DIAGNOSTICS x = MESSAGE_TEXT; END;`),
      4,
      1,
      'diagnostics',
    ],
    ["another contract's table", body('SELECT n INTO x FROM other.t;'), 3, 22, 'other.t is outside the contract'],
    ['a table of the catalogue', body('SELECT 1 INTO x FROM pg_class;'), 3, 22, '"pg_class" cannot name a table'],
    ["another contract's private function", body('x := other._f();'), 3, 6, 'other._f is outside the contract'],
    ['pg_read_file', body(`PERFORM pg_read_file('x');`), 3, 9, 'pg_read_file() looks outside'],
    ['set_config', body(`PERFORM set_config('a.b', 'c', true);`), 3, 9, 'set_config() looks outside'],
    ['current_user', body('x := length(current_user);'), 3, 13, 'CURRENT_USER looks outside'],
    ['ctid', body(`SELECT n INTO x FROM t WHERE ctid = '(0,1)';`), 3, 30, 'ctid says where a row lies'],
    ['TABLESAMPLE', body('SELECT n INTO x FROM t TABLESAMPLE system (10);'), 3, 36, 'TABLESAMPLE'],
    ['a bad table name', 'CREATE TABLE "Accounts" (k text PRIMARY KEY);', 1, 14, '"Accounts" cannot name a table'],
    ['a name of 49 letters', `CREATE TABLE ${'a'.repeat(49)} (k text PRIMARY KEY);`, 1, 14, 'cannot name a table'],
    [
      'a reserved function name',
      'CREATE FUNCTION pg_f() RETURNS int AS $$ BEGIN RETURN 1; END $$;',
      1,
      1,
      '"pg_f" cannot name a function',
    ],
    ['a schema', 'CREATE TABLE other.t (k text PRIMARY KEY);', 1, 14, 'other.t is outside the contract'],
    [
      'two functions of one name',
      'CREATE FUNCTION f() RETURNS int RETURN 1;\nCREATE FUNCTION f(x int) RETURNS int RETURN x;',
      2,
      1,
      'overloads are not allowed',
    ],
    ['a default of a parameter', 'CREATE FUNCTION f(x int DEFAULT 1) RETURNS int RETURN x;', 1, 19, 'has no default'],
    ['VARIADIC', 'CREATE FUNCTION f(VARIADIC x int[]) RETURNS int RETURN 1;', 1, 19, 'VARIADIC is not allowed'],
    ['OUT', 'CREATE FUNCTION f(OUT x int) AS $$ BEGIN x := 1; END $$;', 1, 19, 'no OUT parameters'],
    [
      'SETOF',
      `${table}CREATE FUNCTION f() RETURNS SETOF int8 LANGUAGE sql AS 'SELECT n FROM t';`,
      2,
      35,
      'gives one value, not a set',
    ],
    [
      'SECURITY DEFINER',
      'CREATE FUNCTION f() RETURNS int SECURITY DEFINER AS $$ BEGIN RETURN 1; END $$;',
      1,
      33,
      'SECURITY DEFINER is not allowed',
    ],
    [
      'SET on a function',
      'CREATE FUNCTION f() RETURNS int SET search_path = x AS $$ BEGIN RETURN 1; END $$;',
      1,
      33,
      'SET is not allowed',
    ],
    ['another language', `CREATE FUNCTION f() RETURNS int LANGUAGE c AS 'a', 'b';`, 1, 33, 'LANGUAGE c is not allowed'],
    ['UNLOGGED', 'CREATE UNLOGGED TABLE t (k text PRIMARY KEY);', 1, 23, 'UNLOGGED'],
    ['TEMP', 'CREATE TEMP TABLE t (k text PRIMARY KEY);', 1, 19, 'TEMPORARY'],
    ['INHERITS', `${table}CREATE TABLE u (PRIMARY KEY (k)) INHERITS (t);`, 2, 14, 'inheritance'],
    ['PARTITION BY', 'CREATE TABLE t (k text PRIMARY KEY) PARTITION BY HASH (k);', 1, 14, 'partitions'],
    ['LIKE', `${table}CREATE TABLE u (LIKE t, PRIMARY KEY (k));`, 2, 22, 'LIKE copies'],
    [
      'DEFERRABLE',
      `${table}CREATE TABLE u (k text PRIMARY KEY REFERENCES t DEFERRABLE);`,
      2,
      49,
      'DEFERRABLE is not allowed',
    ],
    ['EXCLUDE', 'CREATE TABLE t (k text PRIMARY KEY, EXCLUDE USING gist (k WITH =));', 1, 37, 'EXCLUDE is not allowed'],
    [
      'a virtual column',
      'CREATE TABLE t (k text PRIMARY KEY, n int GENERATED ALWAYS AS (1) VIRTUAL);',
      1,
      43,
      'a virtual column',
    ],
    [
      'a CHECK with the clock',
      'CREATE TABLE t (k text PRIMARY KEY, d date CHECK (d < CURRENT_DATE));',
      1,
      55,
      'CURRENT_DATE changes from call to call',
    ],
    [
      'a CHECK with an own function',
      `CREATE FUNCTION f(x int8) RETURNS bool RETURN x > 0;\nCREATE TABLE t (k text PRIMARY KEY, n int8 CHECK (f(n)));`,
      2,
      51,
      'f() is a function of the contract',
    ],
    ['a collation', 'CREATE TABLE t (k text COLLATE "en_US" PRIMARY KEY);', 1, 24, 'collation en_US'],
    ['a GIN index', `${table}CREATE INDEX i ON t USING gin (k);`, 2, 19, 'an index with gin'],
    [
      'a foreign key to another contract',
      'CREATE TABLE t (k text PRIMARY KEY REFERENCES other.t);',
      1,
      47,
      'other.t is outside the contract',
    ],
    [
      'a float in a private function',
      'CREATE FUNCTION _f(x float4) RETURNS int AS $$ BEGIN RETURN 1; END $$;',
      1,
      22,
      'float4',
    ],
    [
      'changes through SQL bodies',
      `CREATE FUNCTION f() RETURNS void LANGUAGE sql AS $$\nSET x.y = 1 $$;`,
      2,
      1,
      'may only SELECT',
    ],
    [
      'an array as an argument',
      'CREATE FUNCTION f(x int[]) RETURNS int RETURN 1;',
      1,
      21,
      'an array cannot be an argument',
    ],
    ['an unknown aergo function', body('x := aergo.height();'), 3, 6, 'there is no function aergo.height'],
    ['a cursor', body('NULL;', '\nc CURSOR FOR SELECT 1;'), 3, 1, 'cursors are not allowed'],
    [
      'a function without a result',
      'CREATE FUNCTION f() LANGUAGE plpgsql AS $$ BEGIN END $$;',
      1,
      1,
      'does not say what it returns',
    ],
  ];
  for (const [what, source, line, column, message] of refused) {
    it(what, async () => {
      const found = await findings(source);
      const place = found.find((finding) => finding.message.includes(message));
      expect(place, JSON.stringify(found)).toBeDefined();
      expect([place?.line, place?.column], JSON.stringify(found)).toEqual([line, column]);
      expect(place?.code).toMatch(/^AERGO_CONTRACT_(REFUSED|SYNTAX)$/);
    });
  }

  it('what does not parse', async () => {
    expect(await findings('CREATE TABLE é (k text PRIMARY KEY);\nCREATE TABEL t ();')).toMatchObject([
      { line: 2, column: 8, code: 'AERGO_CONTRACT_SYNTAX', message: 'syntax error at or near "TABEL"' },
    ]);
    expect(await findings(body('x := ;'))).toMatchObject([{ code: 'AERGO_CONTRACT_SYNTAX' }]);
  });

  it('several things at once, in the order of the source', async () => {
    const found = await findings('CREATE TABLE t (k real PRIMARY KEY);\nCREATE SEQUENCE s;\nSET x = 1;');
    expect(found.map((finding) => finding.line)).toEqual([1, 2, 3]);
  });
});

describe('the gate and hostile sources', () => {
  it('nothing that nests deeply stops it', async () => {
    for (const deep of [
      '('.repeat(20_000),
      'not '.repeat(20_000),
      'case when true then '.repeat(5_000),
      '1+'.repeat(60_000),
    ]) {
      const found = await findings(`CREATE VIEW v AS SELECT ${deep}1;`);
      expect(found.length).toBeGreaterThan(0);
    }
    expect(await findings(bank)).toEqual([]);
  });

  it('what was nested too deeply leaves the parser as it was, however often', async () => {
    const deep = `CREATE VIEW v AS SELECT ${'('.repeat(20_000)}1;`;
    for (let time = 0; time < 40; time += 1)
      expect(await findings(deep)).toMatchObject([
        { message: 'it is nested more than 256 deep', code: 'AERGO_CONTRACT_LIMIT' },
      ]);
    expect(await findings(bank)).toEqual([]);
  });

  it('nesting is counted, in statements, bodies and expressions', async () => {
    const sum = (depth: number): string => `${'1 + '.repeat(depth)}1`;
    const blocks = (depth: number): string => `${'BEGIN '.repeat(depth)}NULL;${' END;'.repeat(depth)}`;
    const limit = { message: 'it is nested more than 256 deep', code: 'AERGO_CONTRACT_LIMIT' };
    expect(await findings(`CREATE VIEW v AS SELECT ${sum(250)} AS x;`)).toEqual([]);
    expect(await findings(`CREATE VIEW v AS SELECT ${sum(260)} AS x;`)).toMatchObject([{ ...limit, line: 1 }]);
    expect(await findings(body(`x := ${sum(250)};`))).toEqual([]);
    expect(await findings(body(`x := ${sum(260)};`))).toMatchObject([limit]);
    expect(await findings(body(blocks(200)))).toEqual([]);
    expect(await findings(body(blocks(300)))).toMatchObject([limit]);
  });

  it('nothing that is refused hides a limit, or that a source does not parse: whoever does not judge it anew finds both', async () => {
    const deep = `E'\\n${'BEGIN '.repeat(300)}NULL;${' END;'.repeat(300)}'`;
    const samePlace = `CREATE FUNCTION count() RETURNS void LANGUAGE plpgsql AS ${deep};`;
    expect(await findings(samePlace)).toMatchObject([{ line: 1, column: 1, code: 'AERGO_CONTRACT_LIMIT' }]);
    const manyRefused = 'CREATE TABLE u (n int8);\n'.repeat(120);
    const found = await findings(manyRefused + samePlace);
    expect(found).toHaveLength(100);
    expect(found.at(-1)).toMatchObject({ line: 121, code: 'AERGO_CONTRACT_LIMIT' });
    for (const source of [samePlace, manyRefused.replaceAll('n int8', 'n int8 PRIMARY KEY') + samePlace])
      await expect(contractOf(source)).rejects.toMatchObject({ code: 'AERGO_CONTRACT_LIMIT' });
    const withoutResult = 'CREATE FUNCTION f() AS $$ BEGIN NULL; END $$;';
    expect(await findings(withoutResult)).toMatchObject([{ message: 'function f does not say what it returns' }]);
    await expect(contractOf(withoutResult)).rejects.toMatchObject({ code: 'AERGO_CONTRACT_REFUSED' });
  });

  it('queries in queries and long lists are judged in reasonable time', async () => {
    const nested = (depth: number): string =>
      `${'SELECT k FROM t WHERE n = ('.repeat(depth)}SELECT k FROM t${' LIMIT 1)'.repeat(depth)}`;
    expect(await findings(`${table}CREATE VIEW v AS ${nested(70)};`)).toMatchObject([
      { message: 'queries are nested too deeply' },
    ]);
    expect(await findings(`${table}CREATE VIEW v AS ${nested(600)};`)).toMatchObject([
      { message: 'it is nested more than 256 deep', code: 'AERGO_CONTRACT_LIMIT' },
    ]);
    const many = (make: (at: number) => string): string =>
      Array.from({ length: 2_000 }, (_, at) => make(at)).join(', ');
    for (const query of [
      `SELECT a0.k FROM ${many((at) => `t a${at}`)} LIMIT 1`,
      `SELECT ${many((at) => `k || ${at} AS c${at}`)} FROM t ORDER BY n LIMIT 1`,
      `WITH ${many((at) => `c${at} AS (SELECT k FROM ${at === 0 ? 't' : `c${at - 1}`})`)} SELECT k FROM c1999 LIMIT 1`,
    ])
      expect(await findings(`${table}CREATE VIEW v AS ${query};`)).not.toEqual([]);
  });

  it('whatever the text, it answers with findings or a contract', async () => {
    const words = fc.constantFrom(
      'CREATE',
      'TABLE',
      't',
      '(',
      ')',
      'k',
      'text',
      'PRIMARY',
      'KEY',
      ',',
      ';',
      'FUNCTION',
      'f',
      'RETURNS',
      'int',
      'AS',
      '$$',
      'BEGIN',
      'END',
      'SELECT',
      '1',
      "'",
      '"',
      '--',
      '/*',
      'LANGUAGE',
      'sql',
      'RETURN',
      'é',
      '\n',
      'DECLARE',
      ':=',
      'IF',
      'THEN',
    );
    await fc.assert(
      fc.asyncProperty(fc.array(words, { maxLength: 30 }), async (source) => {
        const { findings: found, contract } = await checkContract(source.join(' '));
        expect(found.length > 0 || contract !== undefined).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('a source that is too long, or no text, is refused', async () => {
    expect(await findings(' '.repeat(1_048_577))).toMatchObject([
      { message: 'the source has 1,048,577 bytes, of 1,048,576 that it may have', code: 'AERGO_CONTRACT_LIMIT' },
    ]);
    expect(await findings('SELECT \ud800')).toMatchObject([{ message: expect.stringContaining('no text') }]);
  });
});

it('says at a deployment what comes first, and where to see the others', async () => {
  const deployed = (source: string): Promise<unknown> => acceptContract(source).catch((thrown: unknown) => thrown);
  expect(await deployed('CREATE TABLE t (k text PRIMARY KEY, a json, b real);')).toMatchObject({
    message: 'the contract was refused: line 1, column 39: type json cannot be a column',
    hint: 'instead: jsonb; 1 more: aergo contract check FILE shows all',
  });
  expect(await deployed('CREATE TABLE t (k text PRIMARY KEY, a json);')).toMatchObject({ hint: 'instead: jsonb' });
});
