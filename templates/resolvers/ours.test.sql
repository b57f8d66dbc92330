-- Tests of the resolver "ours".
CREATE FUNCTION test_ours_keeps_our_row() RETURNS void AS $$
BEGIN
    ASSERT resolve('bank.accounts', '["a"]', '{"n": "1"}', '{"n": "2"}', '{"n": "3"}') = '{"n": "2"}';
    ASSERT resolve('bank.accounts', '["a"]', NULL, '{"n": "2"}', '{"n": "3"}') = '{"n": "2"}';
    ASSERT resolve('bank.accounts', '["a"]', '{"n": "1"}', NULL, '{"n": "3"}') IS NULL;
END
$$;
