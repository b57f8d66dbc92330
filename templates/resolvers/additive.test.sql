-- Tests of the resolver "additive".
CREATE FUNCTION test_additive_adds_what_both_sides_changed() RETURNS void AS $$
DECLARE
    base jsonb := '{"name": "a", "balance": "100.00", "note": null}';
BEGIN
    ASSERT resolve('bank.accounts', '["a"]', base, base || '{"balance": "90.00"}', base || '{"balance": "130.00"}')
        = base || '{"balance": "120.00"}';
    ASSERT resolve('bank.accounts', '["a"]', base, base || '{"balance": "90.00"}', base || '{"balance": "90.00"}')
        = base || '{"balance": "80.00"}', 'each side paid 10';
    ASSERT resolve('bank.accounts', '["a"]', base, base || '{"balance": "90.00"}', base || '{"note": "vip"}')
        = base || '{"balance": "90.00", "note": "vip"}';
END
$$;

CREATE FUNCTION test_additive_counts_both_amounts_of_a_row_that_both_sides_made() RETURNS void AS $$
BEGIN
    ASSERT resolve('shop.goods', '["a"]', NULL, '{"k": "a", "stock": "3"}', '{"k": "a", "stock": "4"}')
        = '{"k": "a", "stock": "7"}';
    ASSERT resolve('shop.goods', '["a"]', '{"k": "a", "stock": null}', '{"k": "a", "stock": "3"}', '{"k": "a", "stock": "4"}')
        = '{"k": "a", "stock": "7"}';
END
$$;

CREATE FUNCTION _additive_refuses(base jsonb, ours jsonb, theirs jsonb) RETURNS text AS $$
BEGIN
    PERFORM resolve('bank.accounts', '["a"]', base, ours, theirs);
    RETURN 'it decided';
EXCEPTION WHEN raise_exception THEN
    RETURN 'left to people';
END
$$;

CREATE FUNCTION test_additive_leaves_the_rest_to_people() RETURNS void AS $$
BEGIN
    ASSERT _additive_refuses('{"note": "1"}', '{"note": "2"}', '{"note": "3"}') = 'left to people', 'a note is no amount';
    ASSERT _additive_refuses('{"balance": "1"}', '{"balance": null}', '{"balance": "3"}') = 'left to people';
    ASSERT _additive_refuses('{"balance": "1"}', NULL, '{"balance": "3"}') = 'left to people';
    ASSERT _additive_refuses('{"balance": "1"}', '{"balance": "2"}', NULL) = 'left to people';
END
$$;
