-- Titles: who owned what, and when.
--
-- Whoever enters a title first owns it; from then on only its owner hands it over. The history keeps every owner.

CREATE TABLE titles (
    id          text PRIMARY KEY CHECK (id <> ''),
    description text NOT NULL,
    owner       text NOT NULL,
    step        int NOT NULL CHECK (step >= 1)
);

CREATE TABLE history (
    title      text NOT NULL REFERENCES titles,
    step       int NOT NULL,
    owner      text NOT NULL,
    owned_from timestamptz NOT NULL,
    owned_to   timestamptz,
    PRIMARY KEY (title, step)
);

-- Who acts: the author of the transaction. A contract that she calls does not act for her.
CREATE FUNCTION _author() RETURNS text AS $$
BEGIN
    IF aergo.caller() IS NOT NULL THEN
        RAISE EXCEPTION 'registry is not called by other contracts';
    END IF;
    RETURN aergo.author();
END
$$;

CREATE FUNCTION enter(title text, description text) RETURNS text AS $$
DECLARE
    author text := _author();
BEGIN
    INSERT INTO titles VALUES (title, enter.description, author, 1);
    INSERT INTO history VALUES (title, 1, author, now(), NULL);
    RETURN 'OK';
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'The title % is entered already', title;
END
$$;

CREATE FUNCTION hand_over(title text, new_owner text) RETURNS text AS $$
DECLARE
    held titles;
BEGIN
    SELECT * INTO held FROM titles t WHERE t.id = title;
    IF NOT FOUND THEN RAISE EXCEPTION 'There is no title %', title; END IF;
    IF held.owner <> _author() THEN RAISE EXCEPTION 'You do not own %', title; END IF;
    IF new_owner IS NULL OR new_owner !~ '^ed25519:[A-Za-z0-9_-]{43}$' THEN
        RAISE EXCEPTION 'The new owner is given by a key id: ed25519:…';
    END IF;
    UPDATE history h SET owned_to = now() WHERE h.title = hand_over.title AND h.step = held.step;
    UPDATE titles t SET owner = new_owner, step = held.step + 1 WHERE t.id = title;
    INSERT INTO history VALUES (title, held.step + 1, new_owner, now(), NULL);
    RETURN 'OK';
END
$$;

-- Who owned a title at a time; NULL when nobody did.
CREATE FUNCTION owner_at(title text, moment timestamptz) RETURNS text AS $$
DECLARE
    found_owner text;
BEGIN
    SELECT h.owner INTO found_owner FROM history h
    WHERE h.title = owner_at.title AND h.owned_from <= moment AND (h.owned_to IS NULL OR h.owned_to > moment);
    RETURN found_owner;
END
$$;
