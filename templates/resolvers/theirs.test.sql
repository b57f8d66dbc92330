-- Tests of the resolver "theirs".
CREATE FUNCTION test_theirs_takes_their_row() RETURNS void AS $$
BEGIN
    ASSERT resolve('bank.accounts', '["a"]', '{"n": "1"}', '{"n": "2"}', '{"n": "3"}') = '{"n": "3"}';
    ASSERT resolve('bank.accounts', '["a"]', NULL, '{"n": "2"}', '{"n": "3"}') = '{"n": "3"}';
    ASSERT resolve('bank.accounts', '["a"]', '{"n": "1"}', '{"n": "2"}', NULL) IS NULL;
END
$$;
