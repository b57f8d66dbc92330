-- The least: of what both sides changed, the least value stands. For deadlines, lowest prices, what is left.
--
-- Numbers go by their value, everything else by its text: dates and times as PostgreSQL writes them are in order then. NULL is
-- less than anything. Other columns go as one side changed them. A row that one side deleted
-- and the other changed goes.
CREATE FUNCTION resolve(table_name text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
DECLARE
    number CONSTANT text := '^-?[0-9]+([.][0-9]+)?$';
    merged jsonb := ours;
    name text;
    before text;
    mine text;
    other text;
BEGIN
    IF ours IS NULL OR theirs IS NULL THEN RETURN NULL; END IF;
    FOR name IN SELECT jsonb_object_keys(ours) LOOP
        before := base ->> name;
        mine := ours ->> name;
        other := theirs ->> name;
        IF mine IS NOT DISTINCT FROM before THEN
            merged := merged || jsonb_build_object(name, other);
        ELSIF other IS NOT DISTINCT FROM before OR other IS NOT DISTINCT FROM mine THEN
            CONTINUE;
        ELSIF other IS NULL THEN
            merged := merged || jsonb_build_object(name, other);
        ELSIF mine IS NULL THEN
            CONTINUE;
        ELSIF mine ~ number AND other ~ number THEN
            IF other::numeric < mine::numeric THEN merged := merged || jsonb_build_object(name, other); END IF;
        ELSIF other < mine THEN
            merged := merged || jsonb_build_object(name, other);
        END IF;
    END LOOP;
    RETURN merged;
END
$$;
