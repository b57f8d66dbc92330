-- Goods handed over under conditions: a warmest temperature and a latest time.
--
-- The sender dispatches a consignment to a receiver. Whoever holds it writes down what its thermometer says and passes it on.
-- The receiver takes it, or, where a condition was broken, refuses it: the contract decides which, nobody else.

CREATE TYPE status AS ENUM ('under way', 'delivered', 'refused');

CREATE TABLE consignments (
    id         text PRIMARY KEY CHECK (id <> ''),
    goods      text NOT NULL,
    sender     text NOT NULL,
    receiver   text NOT NULL,
    holder     text NOT NULL,
    warmest    numeric(5,2) NOT NULL,
    deliver_by timestamptz NOT NULL,
    status     status NOT NULL,
    readings   int NOT NULL,
    reason     text
);

CREATE TABLE readings (
    consignment text NOT NULL REFERENCES consignments,
    number      int NOT NULL,
    temperature numeric(5,2) NOT NULL,
    holder      text NOT NULL,
    read_at     timestamptz NOT NULL,
    PRIMARY KEY (consignment, number)
);

-- Who acts: the author of the transaction. A contract that she calls does not act for her.
CREATE FUNCTION _author() RETURNS text AS $$
BEGIN
    IF aergo.caller() IS NOT NULL THEN
        RAISE EXCEPTION 'supply is not called by other contracts';
    END IF;
    RETURN aergo.author();
END
$$;

-- A consignment that is under way.
CREATE FUNCTION _under_way(wanted text) RETURNS consignments AS $$
DECLARE
    found_one consignments;
BEGIN
    SELECT * INTO found_one FROM consignments c WHERE c.id = wanted;
    IF NOT FOUND THEN RAISE EXCEPTION 'There is no consignment %', wanted; END IF;
    IF found_one.status <> 'under way' THEN RAISE EXCEPTION '% is %', wanted, found_one.status; END IF;
    RETURN found_one;
END
$$;

CREATE FUNCTION dispatch(id text, goods text, receiver text, warmest numeric(5,2), deliver_by timestamptz) RETURNS text AS $$
DECLARE
    author text := _author();
BEGIN
    IF dispatch.deliver_by <= now() THEN RAISE EXCEPTION 'That time has passed'; END IF;
    INSERT INTO consignments
    VALUES (dispatch.id, dispatch.goods, author, dispatch.receiver, author, dispatch.warmest, dispatch.deliver_by,
            'under way', 0, NULL);
    RETURN 'OK';
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'There is a consignment % already', dispatch.id;
END
$$;

CREATE FUNCTION measure(consignment text, temperature numeric(5,2)) RETURNS text AS $$
DECLARE
    current consignments := _under_way(consignment);
BEGIN
    IF current.holder <> _author() THEN RAISE EXCEPTION 'You do not hold %', consignment; END IF;
    UPDATE consignments c SET readings = current.readings + 1 WHERE c.id = consignment;
    INSERT INTO readings VALUES (consignment, current.readings + 1, temperature, current.holder, now());
    RETURN CASE WHEN temperature > current.warmest THEN 'Too warm' ELSE 'OK' END;
END
$$;

CREATE FUNCTION hand_over(consignment text, next_holder text) RETURNS text AS $$
DECLARE
    current consignments := _under_way(consignment);
BEGIN
    IF current.holder <> _author() THEN RAISE EXCEPTION 'You do not hold %', consignment; END IF;
    UPDATE consignments c SET holder = next_holder WHERE c.id = consignment;
    RETURN 'OK';
END
$$;

-- Ends it: 'delivered', or 'refused' with the reason.
CREATE FUNCTION receive(consignment text) RETURNS text AS $$
DECLARE
    current consignments := _under_way(consignment);
    hottest numeric;
    why text;
BEGIN
    IF current.receiver <> _author() THEN RAISE EXCEPTION 'It is not addressed to you'; END IF;
    SELECT max(r.temperature) INTO hottest FROM readings r WHERE r.consignment = receive.consignment;
    IF now() > current.deliver_by THEN why := 'it came too late';
    ELSIF hottest IS NULL THEN why := 'nobody measured its temperature';
    ELSIF hottest > current.warmest THEN why := 'it was at ' || hottest || ' degrees';
    END IF;
    UPDATE consignments c
    SET holder = current.receiver, reason = why, status = CASE WHEN why IS NULL THEN 'delivered' ELSE 'refused' END::status
    WHERE c.id = consignment;
    RETURN CASE WHEN why IS NULL THEN 'delivered' ELSE 'refused: ' || why END;
END
$$;
