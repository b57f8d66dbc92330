-- Amounts are added up: base plus what each side changed. For balances, stocks, counters.
--
-- From 100, with 90 on our side and 130 on theirs, it makes 120. A row that both sides made has no base: both amounts count
-- in full. Other columns go as one side changed them; what both changed differently, and a row that one side deleted, are
-- left to people, and so is a sum that a CHECK refuses.

-- Which columns are amounts: name your own. What is not named is never added up: not an id, not a year.
CREATE FUNCTION _is_amount(table_name text, column_name text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT column_name IN ('amount', 'balance', 'count', 'quantity', 'stock', 'total')
$$;

CREATE FUNCTION resolve(table_name text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
DECLARE
    merged jsonb := ours;
    name text;
    before text;
    mine text;
    other text;
BEGIN
    IF ours IS NULL OR theirs IS NULL THEN RAISE EXCEPTION 'deleted on one side, changed on the other'; END IF;
    FOR name IN SELECT jsonb_object_keys(ours) LOOP
        before := base ->> name;
        mine := ours ->> name;
        other := theirs ->> name;
        IF other IS NOT DISTINCT FROM before THEN
            CONTINUE;
        ELSIF mine IS NOT DISTINCT FROM before THEN
            merged := merged || jsonb_build_object(name, other);
        ELSIF _is_amount(table_name, name) AND mine IS NOT NULL AND other IS NOT NULL THEN
            -- Also where both made the same change: each of them was made.
            merged := merged || jsonb_build_object(
                name, (mine::numeric + other::numeric - coalesce(before::numeric, 0))::text);
        ELSIF mine IS DISTINCT FROM other THEN
            RAISE EXCEPTION '% was changed on both sides', name;
        END IF;
    END LOOP;
    RETURN merged;
END
$$;
