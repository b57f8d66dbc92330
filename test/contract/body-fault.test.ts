import { expect, it } from 'vitest';
import { checkContract } from '../../src/contract/gate.ts';

const faults: [string, string, string][] = [
  ["  IF x = 1 THEN\n    RETURN 'a'\n  END IF;", '6:7', 'syntax error at or near "IF"'],
  ['  x := 2;\n  x := 1 +;', '5:11', 'syntax error at end of input'],
  ["  RETRUN 'a';", '4:3', 'syntax error at or near "RETRUN"'],
  ['  PERFORM 1 WHERE true;\n  PERFORM FROM WHERE;', '5:16', 'syntax error at or near "WHERE"'],
  ['  -- what is "IF"?\n  FOR i IN 1..2 LOOP NULL; END IF;', '5:32', 'syntax error at or near "IF"'],
  ["  RETURN 'ä' || 1);", '4:18', 'mismatched parentheses at or near ")"'],
  ["  y := 'x';", '4:3', '"y" is not a known variable'],
];

it.each(faults)('a body that does not parse is refused at its place: %s', async (statements, place, message) => {
  const source = `CREATE TABLE t (k int4 PRIMARY KEY);
CREATE FUNCTION f() RETURNS text AS $$ DECLARE x text;
BEGIN
${statements}
END $$;
`;
  const { findings } = await checkContract(source);
  expect(findings.map((found) => [`${found.line}:${found.column}`, found.message, found.code])).toEqual([
    [place, message, 'AERGO_CONTRACT_SYNTAX'],
  ]);
});

it('where the place of a fault cannot be told, it is the statement’s', async () => {
  const source = 'CREATE FUNCTION f() RETURNS text AS $$ BEGIN\n IF 1 THEN\nEND $$;';
  expect((await checkContract(source)).findings).toMatchObject([{ line: 1, column: 1 }]);
});
