-- Tests of the resolver "append".
CREATE FUNCTION test_append_keeps_the_elements_of_both_sides() RETURNS void AS $$
DECLARE
    base jsonb := '{"k": "a", "tags": "{b,a}", "n": "1"}';
    ours jsonb := base || '{"tags": "{b,a,z,\"x, y\"}", "n": "2"}';
    theirs jsonb := base || '{"tags": "{b,c,NULL}"}';
BEGIN
    -- a was taken away by them and kept by us: it stays.
    ASSERT resolve('t.t', '["a"]', base, ours, theirs) = base || '{"tags": "{b,a,c,\"x, y\",z,NULL}", "n": "2"}',
        resolve('t.t', '["a"]', base, ours, theirs)::text;
    ASSERT resolve('t.t', '["a"]', base, theirs, ours) = resolve('t.t', '["a"]', base, ours, theirs);
    ASSERT resolve('t.t', '["a"]', NULL, '{"tags": "{a}"}', '{"tags": "{}"}') = '{"tags": "{a}"}';
END
$$;

CREATE FUNCTION test_append_knows_arrays_in_jsonb() RETURNS void AS $$
DECLARE
    base jsonb := jsonb_build_object('list', '[1, {"a": 2, "b": 3}]');
    ours jsonb := jsonb_build_object('list', '[1, {"a": 2, "b": 3}, "x", null]');
    theirs jsonb := jsonb_build_object('list', '[1, {"a": 2}, 30]');
BEGIN
    -- {"a": 2} is an element of its own, though {"a": 2, "b": 3} contains it.
    ASSERT resolve('t.t', '["a"]', base, ours, theirs)
        = jsonb_build_object('list', '[1, {"a": 2, "b": 3}, "x", 30, null, {"a": 2}]');
END
$$;

CREATE FUNCTION test_append_keeps_a_row_that_one_side_deleted() RETURNS void AS $$
BEGIN
    ASSERT resolve('t.t', '["a"]', '{"n": "1"}', NULL, '{"n": "2"}') = '{"n": "2"}';
    ASSERT resolve('t.t', '["a"]', '{"n": "1"}', '{"n": "2"}', NULL) = '{"n": "2"}';
END
$$;

CREATE FUNCTION _append_refuses(base jsonb, ours jsonb, theirs jsonb) RETURNS text AS $$
BEGIN
    PERFORM resolve('t.t', '["a"]', base, ours, theirs);
    RETURN 'it decided';
EXCEPTION WHEN raise_exception THEN
    RETURN 'left to people';
END
$$;

CREATE FUNCTION test_append_leaves_the_rest_to_people() RETURNS void AS $$
BEGIN
    ASSERT _append_refuses('{"n": "1"}', '{"n": "2"}', '{"n": "3"}') = 'left to people';
    ASSERT _append_refuses('{"j": "{\"a\": 1}"}', '{"j": "{\"a\": 2}"}', '{"j": "{\"a\": 3}"}') = 'left to people', 'an object is no array';
    ASSERT _append_refuses('{"m": "{}"}', '{"m": "{{a},{b}}"}', '{"m": "{{c}}"}') = 'left to people', 'two dimensions';
    ASSERT _append_refuses('{"t": "{a}"}', '{"t": null}', '{"t": "{b}"}') = 'left to people';
END
$$;
