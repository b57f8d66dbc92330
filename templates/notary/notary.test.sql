-- Tests of the notary: aergo contract test notary.sql

CREATE FUNCTION _fingerprint(document text) RETURNS text LANGUAGE sql AS $$
    SELECT encode(sha256(convert_to('test ' || document, 'UTF8')), 'hex')
$$;

CREATE FUNCTION test_a_document_is_noted_with_author_and_time() RETURNS void AS $$
DECLARE
    noted documents;
BEGIN
    PERFORM aergo.act_as('ada');
    ASSERT noted_at(_fingerprint('will')) IS NULL;
    ASSERT note(_fingerprint('will'), 'my will') = 'OK';
    SELECT * INTO noted FROM documents d WHERE d.fingerprint = _fingerprint('will');
    ASSERT noted.author = 'ada' AND noted.remark = 'my will';
    ASSERT noted_at(_fingerprint('will')) = aergo.block_time() AND noted.block = aergo.block_height();
END
$$;

CREATE FUNCTION test_the_first_who_notes_it_stands() RETURNS void AS $$
BEGIN
    PERFORM aergo.act_as('ada');
    PERFORM note(_fingerprint('will'), NULL);
    PERFORM aergo.act_as('eve');
    BEGIN
        PERFORM note(_fingerprint('will'), 'mine');
        ASSERT false, 'it was noted twice';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
    PERFORM witness(_fingerprint('will'));
    ASSERT (SELECT count(*) FROM witnesses w WHERE w.fingerprint = _fingerprint('will')) = 1;
END
$$;

CREATE FUNCTION test_what_is_no_fingerprint_is_refused() RETURNS void AS $$
BEGIN
    BEGIN
        PERFORM note('my will', '');
        ASSERT false, 'a text was noted as a fingerprint';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
    BEGIN
        PERFORM witness(_fingerprint('never noted'));
        ASSERT false, 'what nobody noted was witnessed';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
END
$$;
