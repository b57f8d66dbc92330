/**
 * What a migration writes, counted by triggers on its tables. Part of the engine id.
 */
import { quoteName } from './names.ts';
import { engineLimits } from './settings.ts';

/**
 * What a migration wrote, in the setting `aergo.written`: statements, rows, bytes. Fires once a statement, after all that it
 * did, so that no row costs a call; a limit stays a limit, as no handler may name its class.
 */
export const writtenSql = `
CREATE FUNCTION "aergo$host".count_writes() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  before bigint[] := string_to_array(current_setting('aergo.written'), ' ')::bigint[];
  statements bigint := before[1] + 1;
  rows bigint;
  bytes bigint := 0;
BEGIN
  IF TG_OP = 'DELETE' THEN SELECT count(*) INTO rows FROM written;
  ELSE SELECT count(*), coalesce(sum(octet_length(w::text)), 0) INTO rows, bytes FROM written w; END IF;
  rows := before[2] + rows;
  bytes := before[3] + bytes;
  IF statements > ${engineLimits.migrationStatements} THEN
    RAISE EXCEPTION 'more than ${inWords(engineLimits.migrationStatements)} statements that write, which is what a migration may have' USING ERRCODE = '54000';
  ELSIF rows > ${engineLimits.migratedRows} THEN
    RAISE EXCEPTION 'more than ${inWords(engineLimits.migratedRows)} rows written, which is what a migration may write' USING ERRCODE = '54000';
  ELSIF bytes > ${engineLimits.migrated_bytes} THEN
    RAISE EXCEPTION 'more than ${inWords(engineLimits.migrated_bytes)} bytes written, which is what a migration may write' USING ERRCODE = '54000';
  END IF;
  PERFORM set_config('aergo.written', concat_ws(' ', statements, rows, bytes), true);
  RETURN NULL;
END $$;
`;

function inWords(limit: number): string {
  return limit.toLocaleString('en');
}

/** Counts what is written to a table from here on; goes with the table. */
export function countWritesSql(name: string, table: string): string {
  const target = `${quoteName(name)}.${quoteName(table)}`;
  const trigger = (event: string, rows: string): string =>
    `CREATE OR REPLACE TRIGGER "aergo$written_${event.toLowerCase()}" AFTER ${event} ON ${target} REFERENCING ${rows} TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION "aergo$host".count_writes();`;
  return [trigger('INSERT', 'NEW'), trigger('UPDATE', 'NEW'), trigger('DELETE', 'OLD')].join('\n');
}
