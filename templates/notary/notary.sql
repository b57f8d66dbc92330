-- A document's fingerprint and the time at which it was there.
--
-- Who has noted a document's SHA-256 here can show later that it existed then, unchanged, without having shown it to anybody.
-- The first who notes a fingerprint stands with it; others can add that they have seen it too.

CREATE TABLE documents (
    fingerprint text PRIMARY KEY CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
    author      text NOT NULL,
    remark      text NOT NULL,
    noted_at    timestamptz NOT NULL,
    block       int8 NOT NULL
);

CREATE TABLE witnesses (
    fingerprint text NOT NULL REFERENCES documents,
    witness     text NOT NULL,
    seen_at     timestamptz NOT NULL,
    PRIMARY KEY (fingerprint, witness)
);

-- Who acts: the author of the transaction. A contract that she calls does not act for her.
CREATE FUNCTION _author() RETURNS text AS $$
BEGIN
    IF aergo.caller() IS NOT NULL THEN
        RAISE EXCEPTION 'notary is not called by other contracts';
    END IF;
    RETURN aergo.author();
END
$$;

CREATE FUNCTION note(fingerprint text, remark text) RETURNS text AS $$
BEGIN
    INSERT INTO documents VALUES (note.fingerprint, _author(), coalesce(note.remark, ''), now(), aergo.block_height());
    RETURN 'OK';
EXCEPTION
    WHEN unique_violation THEN RAISE EXCEPTION 'This document was noted before';
    WHEN check_violation THEN RAISE EXCEPTION 'The fingerprint is a SHA-256: 64 digits of 0-9 and a-f';
END
$$;

CREATE FUNCTION witness(fingerprint text) RETURNS text AS $$
BEGIN
    INSERT INTO witnesses VALUES (witness.fingerprint, _author(), now());
    RETURN 'OK';
EXCEPTION
    WHEN unique_violation THEN RAISE EXCEPTION 'You have witnessed this document';
    WHEN foreign_key_violation THEN RAISE EXCEPTION 'This document was never noted';
END
$$;

-- When a document was noted; NULL when it was not.
CREATE FUNCTION noted_at(fingerprint text) RETURNS timestamptz LANGUAGE sql AS $$
    SELECT d.noted_at FROM documents d WHERE d.fingerprint = noted_at.fingerprint
$$;
