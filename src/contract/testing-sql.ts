/**
 * What tests of contracts may use beside what contracts may. Only engines in memory that run tests have it: a contract that
 * names it cannot be deployed.
 */

/** `aergo.act_as(who)`: from here to the end of the test `aergo.author()` is `who`. */
export const testingSql = `
CREATE FUNCTION aergo.act_as(who text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  parts text[] := string_to_array(current_setting('aergo.call'), ' ');
BEGIN
  IF who IS NULL OR who = '' OR who LIKE '% %' THEN RAISE EXCEPTION 'act_as takes a name without spaces'; END IF;
  parts[3] := who;
  PERFORM set_config('aergo.call', array_to_string(parts, ' '), true);
END $$;
GRANT EXECUTE ON FUNCTION aergo.act_as(text) TO PUBLIC;
`;
