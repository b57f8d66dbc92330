-- One vote a member.
--
-- Whoever founds it chairs it: the chair adds members and asks questions. A member answers a question once, until it closes.
-- Votes are open: everybody sees who voted how, and anybody counts again.

CREATE TABLE members (
    member   text PRIMARY KEY,
    is_chair boolean NOT NULL,
    since    timestamptz NOT NULL
);

CREATE TABLE questions (
    id      text PRIMARY KEY CHECK (id <> ''),
    wording text NOT NULL,
    closes  timestamptz NOT NULL
);

CREATE TABLE votes (
    question text NOT NULL REFERENCES questions,
    member   text NOT NULL REFERENCES members,
    is_yes   boolean NOT NULL,
    cast_at  timestamptz NOT NULL,
    PRIMARY KEY (question, member)
);

CREATE VIEW results AS
    SELECT q.id AS question, q.closes,
           count(v.member) FILTER (WHERE v.is_yes) AS yes,
           count(v.member) FILTER (WHERE NOT v.is_yes) AS no
    FROM questions q LEFT JOIN votes v ON v.question = q.id
    GROUP BY q.id, q.closes;

-- Who acts: the author of the transaction. A contract that she calls does not act for her.
CREATE FUNCTION _author() RETURNS text AS $$
BEGIN
    IF aergo.caller() IS NOT NULL THEN
        RAISE EXCEPTION 'vote is not called by other contracts';
    END IF;
    RETURN aergo.author();
END
$$;

CREATE FUNCTION _chair_only() RETURNS void AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM members m WHERE m.member = _author() AND m.is_chair) THEN
        RAISE EXCEPTION 'Only the chair does this';
    END IF;
END
$$;

CREATE FUNCTION found() RETURNS text AS $$
BEGIN
    IF EXISTS (SELECT FROM members) THEN RAISE EXCEPTION 'It is founded already'; END IF;
    INSERT INTO members VALUES (_author(), true, now());
    RETURN 'OK';
END
$$;

CREATE FUNCTION add_member(member text) RETURNS text AS $$
BEGIN
    PERFORM _chair_only();
    INSERT INTO members VALUES (add_member.member, false, now());
    RETURN 'OK';
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION '% is a member already', add_member.member;
END
$$;

CREATE FUNCTION ask(question text, wording text, closes timestamptz) RETURNS text AS $$
BEGIN
    PERFORM _chair_only();
    IF ask.closes <= now() THEN RAISE EXCEPTION 'That time has passed'; END IF;
    INSERT INTO questions VALUES (question, ask.wording, ask.closes);
    RETURN 'OK';
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'There is a question % already', question;
END
$$;

CREATE FUNCTION vote(question text, is_yes boolean) RETURNS text AS $$
DECLARE
    voter text := _author();
    asked questions;
BEGIN
    SELECT * INTO asked FROM questions q WHERE q.id = question;
    IF NOT FOUND THEN RAISE EXCEPTION 'There is no question %', question; END IF;
    IF now() >= asked.closes THEN RAISE EXCEPTION '% is closed', question; END IF;
    IF NOT EXISTS (SELECT FROM members m WHERE m.member = voter) THEN RAISE EXCEPTION 'You are no member'; END IF;
    INSERT INTO votes VALUES (question, voter, vote.is_yes, now());
    RETURN 'OK';
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'You have voted on %', question;
END
$$;
