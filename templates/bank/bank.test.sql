-- Tests of the bank: aergo contract test bank.sql
-- Each runs by itself, and nothing of it stays. aergo.act_as(…) chooses who acts from there on.

CREATE FUNCTION _accounts() RETURNS void AS $$
BEGIN
    DELETE FROM accounts;
    PERFORM aergo.act_as('bank');
    PERFORM open_account('reserve', 1000);
    PERFORM aergo.act_as('alice');
    PERFORM open_account('alice', 0);
    PERFORM aergo.act_as('bob');
    PERFORM open_account('bob', 0);
    PERFORM aergo.act_as('bank');
    PERFORM pay('reserve', 'alice', 100);
END
$$;

CREATE FUNCTION _balance(of_account text) RETURNS numeric LANGUAGE sql AS $$
    SELECT balance FROM accounts WHERE name = of_account
$$;

CREATE FUNCTION test_a_payment_moves_money() RETURNS void AS $$
BEGIN
    PERFORM _accounts();
    PERFORM aergo.act_as('alice');
    ASSERT pay('alice', 'bob', 12.50) = 'OK';
    ASSERT _balance('alice') = 87.50, 'alice has ' || _balance('alice');
    ASSERT _balance('bob') = 12.50, 'bob has ' || _balance('bob');
    ASSERT (SELECT sum(balance) FROM accounts) = 1000, 'money was made or lost';
END
$$;

CREATE FUNCTION test_nobody_pays_from_the_account_of_another() RETURNS void AS $$
BEGIN
    PERFORM _accounts();
    PERFORM aergo.act_as('bob');
    ASSERT transfer('alice', 'bob', 1) = 'Not your account';
    BEGIN
        PERFORM pay('alice', 'bob', 1);
        ASSERT false, 'it went through';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
    ASSERT _balance('alice') = 100;
END
$$;

CREATE FUNCTION test_nobody_pays_more_than_there_is() RETURNS void AS $$
BEGIN
    PERFORM _accounts();
    PERFORM aergo.act_as('alice');
    ASSERT transfer('alice', 'bob', 100.01) = 'Not enough balance';
    ASSERT transfer('alice', 'bob', -1) = 'The amount must be more than 0';
    ASSERT transfer('alice', 'nobody', 1) = 'Receiver not found';
    ASSERT transfer('alice', 'alice', 100) = 'OK';
    ASSERT _balance('alice') = 100;
END
$$;

CREATE FUNCTION test_only_the_bank_makes_money() RETURNS void AS $$
BEGIN
    PERFORM _accounts();
    PERFORM open_account('more', 5);
    PERFORM aergo.act_as('alice');
    PERFORM open_account('second', 0);
    BEGIN
        PERFORM open_account('third', 5);
        ASSERT false, 'alice made money';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
    BEGIN
        PERFORM open_account('bob', 0);
        ASSERT false, 'an account was opened twice';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
END
$$;
