-- Tests of the resolver "greatest".
CREATE FUNCTION test_greatest_stands_where_both_changed() RETURNS void AS $$
DECLARE
    base jsonb := '{"k": "a", "n": "5", "t": "2026-01-05", "o": "x"}';
    ours jsonb := base || '{"n": "9", "t": "2026-01-07", "o": "y"}';
    theirs jsonb := base || '{"n": "10", "t": "2026-01-06"}';
BEGIN
    ASSERT resolve('t.t', '["a"]', base, ours, theirs) = base || '{"n": "10", "t": "2026-01-07", "o": "y"}';
    ASSERT resolve('t.t', '["a"]', base, theirs, ours) = base || '{"n": "10", "t": "2026-01-07", "o": "y"}', 'which side is which says nothing';
    ASSERT resolve('t.t', '["a"]', NULL, '{"n": "-1"}', '{"n": "-1.5"}') = '{"n": "-1"}';
END
$$;

CREATE FUNCTION test_greatest_takes_null_as_less_than_anything() RETURNS void AS $$
BEGIN
    ASSERT resolve('t.t', '["a"]', '{"n": "1"}', '{"n": null}', '{"n": "2"}') = '{"n": "2"}';
    ASSERT resolve('t.t', '["a"]', '{"n": "1"}', '{"n": "2"}', '{"n": null}') = '{"n": "2"}';
    -- Changed on one side only.
    ASSERT resolve('t.t', '["a"]', '{"n": "1", "m": "1"}', '{"n": null, "m": "1"}', '{"n": "1", "m": "0"}') = '{"n": null, "m": "0"}';
END
$$;

CREATE FUNCTION test_greatest_of_a_row_and_none() RETURNS void AS $$
BEGIN
    ASSERT resolve('t.t', '["a"]', '{"n": "1"}', NULL, '{"n": "2"}') = '{"n": "2"}';
    ASSERT resolve('t.t', '["a"]', '{"n": "1"}', '{"n": "2"}', NULL) = '{"n": "2"}';
END
$$;
