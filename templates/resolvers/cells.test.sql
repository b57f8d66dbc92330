-- Tests of the resolver "cells".
CREATE FUNCTION test_cells_keeps_the_changes_of_both_sides() RETURNS void AS $$
DECLARE
    base jsonb := '{"k": "a", "x": "1", "y": "1", "z": null}';
BEGIN
    ASSERT resolve('t.t', '["a"]', base, base || '{"x": "2"}', base || '{"y": null, "z": "3"}')
        = '{"k": "a", "x": "2", "y": null, "z": "3"}';
    ASSERT resolve('t.t', '["a"]', base, base || '{"x": "2", "y": "5"}', base || '{"x": "2", "z": "3"}')
        = '{"k": "a", "x": "2", "y": "5", "z": "3"}';
    -- Made on both sides.
    ASSERT resolve('t.t', '["a"]', NULL, base || '{"x": null}', base) = base;
END
$$;

CREATE FUNCTION _cells_refuses(base jsonb, ours jsonb, theirs jsonb) RETURNS text AS $$
BEGIN
    PERFORM resolve('t.t', '["a"]', base, ours, theirs);
    RETURN 'it decided';
EXCEPTION WHEN raise_exception THEN
    RETURN 'left to people';
END
$$;

CREATE FUNCTION test_cells_leaves_the_rest_to_people() RETURNS void AS $$
BEGIN
    ASSERT _cells_refuses('{"x": "1"}', '{"x": "2"}', '{"x": "3"}') = 'left to people';
    ASSERT _cells_refuses('{"x": "1"}', '{"x": null}', '{"x": "3"}') = 'left to people';
    ASSERT _cells_refuses(NULL, '{"x": "2"}', '{"x": "3"}') = 'left to people';
    ASSERT _cells_refuses('{"x": "1"}', NULL, '{"x": "3"}') = 'left to people';
    ASSERT _cells_refuses('{"x": "1"}', '{"x": "3"}', NULL) = 'left to people';
END
$$;
