-- Column by column: each change is kept, and people decide where both sides changed one column differently.
--
-- A row that one side deleted and the other changed is left to people too.
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
        IF mine IS NOT DISTINCT FROM before THEN
            merged := merged || jsonb_build_object(name, other);
        ELSIF other IS DISTINCT FROM before AND other IS DISTINCT FROM mine THEN
            RAISE EXCEPTION '% was changed on both sides', name;
        END IF;
    END LOOP;
    RETURN merged;
END
$$;
