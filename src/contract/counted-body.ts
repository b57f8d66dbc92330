/**
 * How deep functions are that may call themselves: SQL around their bodies, and what it calls. Part of the engine id.
 */
import { quoteName, quoteText } from './names.ts';
import { engineLimits } from './settings.ts';

/** Before a body: a declaration, as nothing else leaves FOUND alone and comes before the body's own declarations. */
export const countBegin = 'DECLARE "aergo$depth" CONSTANT pg_catalog.int4 := aergo.descend(); BEGIN ';
/** Behind a body, with its semicolon. */
export const countEnd = ' END';

/**
 * `aergo.descend()`: how many functions of contracts are under way; an error where they are too many. PostgreSQL itself says which
 * there are, so there is nothing that a handler could leave wrong. The host's own are not counted.
 */
export const descendSql = `
CREATE FUNCTION aergo.descend() RETURNS int LANGUAGE plpgsql AS $$
DECLARE
  stack text;
  depth int;
BEGIN
  GET DIAGNOSTICS stack = PG_CONTEXT;
  depth := regexp_count(stack, '^PL/pgSQL function (?!"(?:call|aergo)\\$|aergo\\.)', 1, 'n');
  IF depth > ${engineLimits.functionDepth} THEN
    RAISE EXCEPTION 'functions call each other more than ${engineLimits.functionDepth} deep' USING ERRCODE = '54000';
  END IF;
  RETURN depth;
END $$;
`;

/** Gives a function that was just made the body that counts. */
export function countSql(contract: string, name: string, body: string): string {
  return `UPDATE pg_catalog.pg_proc SET prosrc = ${quoteText(body)} WHERE proname = ${quoteText(name)} AND pronamespace = ${quoteText(quoteName(contract))}::pg_catalog.regnamespace`;
}
