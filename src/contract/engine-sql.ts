/**
 * What the prepared data directory holds beside PostgreSQL itself: the host's schemas and roles, the functions `aergo.*`
 * that a contract may call, and the capture of changed rows. Part of the engine id: a change of a byte is another engine.
 */
import { descendSql } from './counted-body.ts';
import { writtenSql } from './counted-writes.ts';
import { engineLimits } from './settings.ts';

/** Who owns what contracts make: no superuser, cannot log in, and no contract's role is a member of it. */
export const ownerRole = '"aergo$owner"';

/** Who a person's query runs as: may read contracts' tables and views, and do nothing else. */
export const readerRole = '"aergo$reader"';

/** Of which every contract's role is a member: may use what contracts offer each other. */
export const contractsRole = '"aergo$contracts"';

/** Who a call from one contract to another passes through; it may call trampolines, and say whose call it is. */
export const bridgeRole = '"aergo$bridge"';

/**
 * The context of a call is one setting, `aergo.call`: number of the call, transaction id, author, calling contract (or
 * nothing), contract called, how many contracts deep; separated by spaces. Contracts can neither read nor write settings; these functions read it for them.
 */
const context = `
CREATE SCHEMA aergo;
CREATE FUNCTION aergo.tx_id() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
BEGIN RETURN nullif(split_part(current_setting('aergo.call', true), ' ', 2), ''); END $$;
CREATE FUNCTION aergo.author() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
BEGIN RETURN nullif(split_part(current_setting('aergo.call', true), ' ', 3), ''); END $$;
CREATE FUNCTION aergo.caller() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
BEGIN RETURN nullif(split_part(current_setting('aergo.call', true), ' ', 4), ''); END $$;
CREATE FUNCTION aergo.block_height() RETURNS bigint LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
BEGIN RETURN nullif(current_setting('aergo.height', true), '')::bigint; END $$;
CREATE FUNCTION aergo.block_time() RETURNS timestamptz LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
BEGIN RETURN now(); END $$;
-- From 0 up to 1, 18 digits: the first 64 bits of SHA-256 over the transaction's id and the salt.
CREATE FUNCTION aergo.random(salt text) RETURNS numeric LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
DECLARE
  digest bytea := sha256(convert_to(aergo.tx_id() || ' ' || salt, 'UTF8'));
  bits numeric := 0;
BEGIN
  FOR position IN 0..7 LOOP bits := bits * 256 + get_byte(digest, position); END LOOP;
  RETURN (div(bits * 1000000000000000000, 18446744073709551616) / 1000000000000000000)::numeric(19, 18);
END $$;
GRANT USAGE ON SCHEMA aergo TO PUBLIC;
`;

/** What only the host may touch: contracts' roles have no USAGE on this schema. */
const host = `
CREATE ROLE ${ownerRole} NOLOGIN;
CREATE SCHEMA "aergo$host";
CREATE TABLE "aergo$host".position (state text);
INSERT INTO "aergo$host".position VALUES (NULL);
CREATE TABLE "aergo$host".contract (name text PRIMARY KEY, definition text NOT NULL);
CREATE FUNCTION "aergo$host".capture() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO pg_temp."aergo$captured"
  VALUES (split_part(current_setting('aergo.call'), ' ', 1)::int, TG_RELID, OLD::text, NEW::text);
  RETURN NULL;
END $$;
`;

/**
 * Runs one statement as the reading role and gives its rows as texts (record_out), the first `most` of them. Inside a
 * SECURITY DEFINER function no statement can become another role; a cursor takes only what reads.
 */
const reader = `
CREATE ROLE ${readerRole} NOLOGIN;
CREATE FUNCTION "aergo$host".read(statement text, most bigint) RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found record;
  given bigint := 0;
BEGIN
  FOR found IN EXECUTE statement LOOP
    RETURN NEXT found::text;
    given := given + 1;
    EXIT WHEN given >= most;
  END LOOP;
END $$;
ALTER FUNCTION "aergo$host".read(text, bigint) OWNER TO ${readerRole};
`;

/**
 * Calls from one contract to another (contract-sql.ts, "bridge"): `enter` makes the called contract the current one and gives
 * the context as it was, for `leave`. What raises here is not the contract, so a limit stays a limit.
 */
const bridges = `
CREATE ROLE ${contractsRole} NOLOGIN;
CREATE ROLE ${bridgeRole} NOLOGIN;
CREATE FUNCTION "aergo$host".enter(called text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  context text := current_setting('aergo.call');
  parts text[] := string_to_array(context, ' ');
BEGIN
  IF parts[6] IS NULL THEN RAISE EXCEPTION 'a migration calls no other contract' USING ERRCODE = '0A000'; END IF;
  IF parts[6]::int >= ${engineLimits.callDepth} THEN
    RAISE EXCEPTION 'one contract calls the other more than ${engineLimits.callDepth} deep' USING ERRCODE = '54000';
  END IF;
  PERFORM set_config('aergo.call', concat_ws(' ', parts[1], parts[2], parts[3], parts[5], called, parts[6]::int + 1), true);
  RETURN context;
END $$;
CREATE FUNCTION "aergo$host".leave(context text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, pg_temp AS $$
BEGIN PERFORM set_config('aergo.call', context, true); END $$;
CREATE FUNCTION "aergo$host".misfit(argument text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% does not fit its type exactly', argument USING ERRCODE = '22023'; END $$;
REVOKE ALL ON FUNCTION "aergo$host".enter(text), "aergo$host".leave(text), "aergo$host".misfit(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION "aergo$host".enter(text), "aergo$host".leave(text), "aergo$host".misfit(text) TO ${bridgeRole};
GRANT USAGE ON SCHEMA "aergo$host" TO ${bridgeRole};
`;

/** Made in each session: the changed rows of the SQL transaction; emptied by its end, by a rollback too. */
export const sessionSql = `
CREATE TEMP TABLE "aergo$captured" (number int, relation oid, before text, after text) ON COMMIT DELETE ROWS;
`;

/** Run once, when the data directory is prepared; the grants follow (grants.ts). */
export const preparationSql = `${host}${context}${descendSql}${writtenSql}${reader}${bridges}`;

/**
 * Takes away types whose texts are names or numbers of the catalogue. PostgreSQL asks for no right where a value is turned into
 * a text and back, nor where `%TYPE` copies a column's type, so what must not be used must not be there; `regclass`,
 * `regprocedure`, `regtype` and `regnamespace` stay, which the host needs. Run last on a data directory: ANALYZE of the
 * catalogue needs them.
 */
export const hiddenTypesSql = `
UPDATE pg_type SET typisdefined = false WHERE typname IN ('aclitem', '_aclitem') OR typname ~
'^_?reg(proc|oper|operator|role|config|dictionary|collation|database)$';
`;
