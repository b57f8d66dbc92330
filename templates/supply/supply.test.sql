-- Tests of the supply chain: aergo contract test supply.sql

CREATE FUNCTION _dispatched() RETURNS void AS $$
BEGIN
    PERFORM aergo.act_as('farm');
    PERFORM dispatch('test milk', '40 crates of milk', 'shop', 6.00, now() + interval '1 day');
    PERFORM measure('test milk', 4.5);
    PERFORM hand_over('test milk', 'driver');
END
$$;

CREATE FUNCTION test_what_stays_cold_is_delivered() RETURNS void AS $$
BEGIN
    PERFORM _dispatched();
    PERFORM aergo.act_as('driver');
    ASSERT measure('test milk', 6) = 'OK';
    PERFORM aergo.act_as('shop');
    ASSERT receive('test milk') = 'delivered';
    ASSERT (SELECT c.status FROM consignments c WHERE c.id = 'test milk') = 'delivered';
END
$$;

CREATE FUNCTION test_what_was_too_warm_is_refused() RETURNS void AS $$
BEGIN
    PERFORM _dispatched();
    PERFORM aergo.act_as('driver');
    ASSERT measure('test milk', 6.01) = 'Too warm';
    ASSERT measure('test milk', 3) = 'OK';
    PERFORM aergo.act_as('shop');
    ASSERT receive('test milk') = 'refused: it was at 6.01 degrees', receive('test milk');
END
$$;

CREATE FUNCTION test_what_comes_late_is_refused() RETURNS void AS $$
BEGIN
    PERFORM _dispatched();
    UPDATE consignments SET deliver_by = now() - interval '1 minute' WHERE id = 'test milk';
    PERFORM aergo.act_as('shop');
    ASSERT receive('test milk') = 'refused: it came too late';
END
$$;

CREATE FUNCTION test_only_the_holder_measures_and_only_the_receiver_receives() RETURNS void AS $$
BEGIN
    PERFORM _dispatched();
    PERFORM aergo.act_as('farm');
    BEGIN
        PERFORM measure('test milk', 4);
        ASSERT false, 'the farm measured what the driver holds';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
    BEGIN
        PERFORM receive('test milk');
        ASSERT false, 'the farm received it';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
    PERFORM aergo.act_as('shop');
    PERFORM receive('test milk');
    BEGIN
        PERFORM receive('test milk');
        ASSERT false, 'it was received twice';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
END
$$;
