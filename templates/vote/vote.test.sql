-- Tests of the vote: aergo contract test vote.sql

CREATE FUNCTION _club() RETURNS void AS $$
BEGIN
    DELETE FROM votes;
    DELETE FROM questions;
    DELETE FROM members;
    PERFORM aergo.act_as('ada');
    PERFORM found();
    PERFORM add_member('bob');
    PERFORM add_member('carol');
    PERFORM ask('roof', 'Shall the roof be mended?', now() + interval '1 week');
END
$$;

CREATE FUNCTION test_votes_are_counted() RETURNS void AS $$
BEGIN
    PERFORM _club();
    PERFORM vote('roof', true);
    PERFORM aergo.act_as('bob');
    PERFORM vote('roof', false);
    PERFORM aergo.act_as('carol');
    PERFORM vote('roof', true);
    ASSERT (SELECT r.yes FROM results r WHERE r.question = 'roof') = 2;
    ASSERT (SELECT r.no FROM results r WHERE r.question = 'roof') = 1;
END
$$;

CREATE FUNCTION test_nobody_votes_twice() RETURNS void AS $$
BEGIN
    PERFORM _club();
    PERFORM aergo.act_as('bob');
    PERFORM vote('roof', false);
    BEGIN
        PERFORM vote('roof', true);
        ASSERT false, 'bob voted twice';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
    ASSERT (SELECT r.yes FROM results r WHERE r.question = 'roof') = 0;
END
$$;

CREATE FUNCTION test_only_members_vote_and_only_the_chair_adds_them() RETURNS void AS $$
BEGIN
    PERFORM _club();
    PERFORM aergo.act_as('eve');
    BEGIN
        PERFORM vote('roof', true);
        ASSERT false, 'eve voted';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
    PERFORM aergo.act_as('bob');
    BEGIN
        PERFORM add_member('eve');
        ASSERT false, 'bob added a member';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
    BEGIN
        PERFORM found();
        ASSERT false, 'it was founded twice';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
END
$$;

CREATE FUNCTION test_nobody_votes_after_the_close() RETURNS void AS $$
BEGIN
    PERFORM _club();
    UPDATE questions SET closes = now() WHERE id = 'roof';
    BEGIN
        PERFORM vote('roof', true);
        ASSERT false, 'it was closed';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
END
$$;
