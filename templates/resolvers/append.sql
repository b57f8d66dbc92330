-- Nothing is lost: the elements of both sides' arrays are kept, and so is a row that one side deleted and the other changed.
--
-- For arrays of PostgreSQL (text[]) and in jsonb. What was there at the base comes first, in its order, then what is new, in
-- the order of the elements: which side is which says nothing. Each element stands once. Other columns go as one side
-- changed them; what both changed differently is left to people.

-- The elements of an array as a list of texts, those of jsonb as jsonb writes them; NULL where the text is no array of one
-- dimension.
CREATE FUNCTION _elements(value text) RETURNS jsonb AS $$
DECLARE
    elements jsonb := '[]';
    element jsonb;
BEGIN
    IF value LIKE '[%' THEN
        FOR element IN SELECT jsonb_array_elements(value::jsonb) LOOP
            elements := elements || to_jsonb(element::text);
        END LOOP;
        RETURN elements;
    END IF;
    IF value LIKE '{%' AND coalesce(array_ndims(value::text[]), 1) = 1 THEN RETURN to_jsonb(value::text[]); END IF;
    RETURN NULL;
EXCEPTION WHEN invalid_text_representation THEN
    RETURN NULL;
END
$$;

-- The elements of both sides, in a text of the form of `alike`.
CREATE FUNCTION _union(before jsonb, mine jsonb, other jsonb, alike text) RETURNS text AS $$
DECLARE
    merged jsonb := '[]';
    texts text[] := '{}';
    list jsonb := '[]';
    element text;
BEGIN
    FOR element IN SELECT jsonb_array_elements_text(coalesce(before, '[]')) LOOP
        IF (mine || other) @> jsonb_build_array(element) AND NOT merged @> jsonb_build_array(element) THEN
            merged := merged || jsonb_build_array(element);
        END IF;
    END LOOP;
    FOR element IN SELECT DISTINCT e FROM jsonb_array_elements_text(mine || other) AS e ORDER BY e LOOP
        IF NOT merged @> jsonb_build_array(element) THEN merged := merged || jsonb_build_array(element); END IF;
    END LOOP;
    FOR element IN SELECT jsonb_array_elements_text(merged) LOOP
        IF alike LIKE '[%' THEN list := list || jsonb_build_array(element::jsonb);
        ELSE texts := array_append(texts, element);
        END IF;
    END LOOP;
    IF alike LIKE '[%' THEN RETURN list::text; END IF;
    RETURN texts::text;
END
$$;

CREATE FUNCTION resolve(table_name text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
DECLARE
    merged jsonb := ours;
    name text;
    before text;
    mine text;
    other text;
BEGIN
    IF ours IS NULL OR theirs IS NULL THEN RETURN coalesce(ours, theirs); END IF;
    FOR name IN SELECT jsonb_object_keys(ours) LOOP
        before := base ->> name;
        mine := ours ->> name;
        other := theirs ->> name;
        IF mine IS NOT DISTINCT FROM before THEN
            merged := merged || jsonb_build_object(name, other);
        ELSIF other IS NOT DISTINCT FROM before OR other IS NOT DISTINCT FROM mine THEN
            CONTINUE;
        ELSIF _elements(mine) IS NOT NULL AND _elements(other) IS NOT NULL THEN
            merged := merged || jsonb_build_object(
                name, _union(_elements(before), _elements(mine), _elements(other), mine));
        ELSE
            RAISE EXCEPTION '% was changed on both sides', name;
        END IF;
    END LOOP;
    RETURN merged;
END
$$;
