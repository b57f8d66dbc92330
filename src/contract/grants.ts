/**
 * Which of PostgreSQL's own functions a contract may execute: none but those granted here. Revoked are whatever takes or
 * gives a floating-point number, whatever is volatile but the clock (which is the block's), and names that look outside
 * the contract's rows. The operators that rest on a revoked function go with it. Part of the engine id.
 */

/** Volatile functions that only read the clock: it is the block's time. */
const clock = ['clock_timestamp', 'timeofday'];

/** Immutable or stable, and yet outside the contract's rows, or dependent on the machine's time zone data or locale. */
const denied = [
  'current_setting',
  'current_schema',
  'current_schemas',
  'current_database',
  'current_catalog',
  'current_query',
  'inet_client_addr',
  'inet_server_addr',
  'version',
  'timezone',
  'getdatabaseencoding',
  'format_type',
  'col_description',
  'obj_description',
  'shobj_description',
  'txid_current_snapshot',
  'query_to_xml',
  'table_to_xml',
  'cursor_to_xml',
  'schema_to_xml',
  'database_to_xml',
];

const deniedPatterns = [
  'pg\\_%',
  'has\\_%\\_privilege',
  'to\\_reg%',
  'hash%',
  '%\\_to\\_xml%',
  'xml%',
  'ts\\_%',
  'row\\_security\\_active',
  'txid\\_%',
  'lo\\_%',
];

const floating = "'{float4,float8,_float4,_float8,point,lseg,path,box,polygon,line,circle,money,_money}'::regtype[]";

function list(texts: readonly string[]): string {
  return texts.map((text) => `'${text}'`).join(', ');
}

/** Takes everything from everybody and gives back what contracts may use. */
export const grantsSql = `
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
REVOKE ALL ON SCHEMA information_schema FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA pg_catalog FROM PUBLIC;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA pg_catalog FROM PUBLIC;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA "aergo$host" FROM PUBLIC;
REVOKE ALL ON TYPE float4 FROM PUBLIC;
REVOKE ALL ON TYPE float8 FROM PUBLIC;
ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
DO $grants$
DECLARE
  granted record;
BEGIN
  FOR granted IN
    SELECT p.oid::regprocedure AS signature, p.prokind
    FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace
      AND (p.provolatile IN ('i', 's') OR p.proname IN (${list(clock)}))
      AND NOT p.proname IN (${list(denied)})
      AND NOT p.proname LIKE ANY (ARRAY[${list(deniedPatterns)}])
      AND NOT p.prorettype = ANY (${floating})
      AND NOT p.proargtypes::oid[] && ${floating}::oid[]
      AND p.prokind IN ('f', 'a', 'w')
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC', granted.signature);
  END LOOP;
END $grants$;
`;
