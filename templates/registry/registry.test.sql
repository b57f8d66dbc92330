-- Tests of the registry: aergo contract test registry.sql

CREATE FUNCTION _key(name text) RETURNS text LANGUAGE sql AS $$
    SELECT 'ed25519:' || rpad(name, 43, '0')
$$;

CREATE FUNCTION test_whoever_enters_a_title_owns_it() RETURNS void AS $$
BEGIN
    PERFORM aergo.act_as(_key('ada'));
    ASSERT enter('test plot 7', 'by the lake') = 'OK';
    ASSERT owner_at('test plot 7', now()) = _key('ada');
    ASSERT owner_at('test plot 7', now() - interval '1 day') IS NULL;
    BEGIN
        PERFORM enter('test plot 7', 'mine');
        ASSERT false, 'it was entered twice';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
END
$$;

CREATE FUNCTION test_only_the_owner_hands_it_over() RETURNS void AS $$
BEGIN
    PERFORM aergo.act_as(_key('ada'));
    PERFORM enter('test plot 7', 'by the lake');
    PERFORM aergo.act_as(_key('eve'));
    BEGIN
        PERFORM hand_over('test plot 7', _key('eve'));
        ASSERT false, 'eve took it';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
    PERFORM aergo.act_as(_key('ada'));
    PERFORM hand_over('test plot 7', _key('bob'));
    ASSERT owner_at('test plot 7', now()) = _key('bob');
    BEGIN
        PERFORM hand_over('test plot 7', _key('ada'));
        ASSERT false, 'ada gave what was no longer hers';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
END
$$;

CREATE FUNCTION test_the_history_keeps_every_owner() RETURNS void AS $$
BEGIN
    PERFORM aergo.act_as(_key('ada'));
    PERFORM enter('test plot 7', 'by the lake');
    PERFORM hand_over('test plot 7', _key('bob'));
    ASSERT (SELECT string_agg(h.owner, ' ' ORDER BY h.step) FROM history h WHERE h.title = 'test plot 7')
        = _key('ada') || ' ' || _key('bob');
    ASSERT (SELECT count(*) FROM history h WHERE h.title = 'test plot 7' AND h.owned_to IS NULL) = 1;
    BEGIN
        PERFORM hand_over('test plot 7', 'bob');
        ASSERT false, 'a name that is no key became the owner';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
END
$$;
