-- Accounts with owners, and transfers between them.
--
-- An account belongs to the key that opened it: only that key may pay from it. The owner of the first account is the bank:
-- only that key may open accounts with money in them. After that, money moves and is neither made nor lost.

CREATE TABLE accounts (
    name    text PRIMARY KEY CHECK (name <> ''),
    owner   text NOT NULL,
    balance numeric(15,2) NOT NULL CHECK (balance >= 0),
    is_bank boolean NOT NULL
);

-- Who acts: the author of the transaction. A contract that she calls does not act for her.
CREATE FUNCTION _author() RETURNS text AS $$
BEGIN
    IF aergo.caller() IS NOT NULL THEN
        RAISE EXCEPTION 'bank is not called by other contracts';
    END IF;
    RETURN aergo.author();
END
$$;

CREATE FUNCTION open_account(name text, amount numeric(15,2)) RETURNS text AS $$
DECLARE
    author text := _author();
    is_first boolean := NOT EXISTS (SELECT FROM accounts);
BEGIN
    IF amount IS NULL OR amount < 0 THEN RAISE EXCEPTION 'The amount must be 0 or more'; END IF;
    IF amount > 0 AND NOT is_first
            AND NOT EXISTS (SELECT FROM accounts a WHERE a.is_bank AND a.owner = author) THEN
        RAISE EXCEPTION 'Only the bank opens accounts with money in them';
    END IF;
    INSERT INTO accounts VALUES (open_account.name, author, amount, is_first);
    RETURN 'OK';
EXCEPTION WHEN unique_violation THEN
    RAISE EXCEPTION 'There is an account % already', open_account.name;
END
$$;

-- Says why it cannot be, and changes nothing then.
CREATE FUNCTION transfer(sender text, recipient text, amount numeric(15,2)) RETURNS text AS $$
DECLARE
    account accounts;
BEGIN
    IF amount IS NULL OR amount <= 0 THEN RETURN 'The amount must be more than 0'; END IF;
    SELECT * INTO account FROM accounts a WHERE a.name = sender;
    IF NOT FOUND THEN RETURN 'Sender not found'; END IF;
    IF account.owner <> _author() THEN RETURN 'Not your account'; END IF;
    IF account.balance < amount THEN RETURN 'Not enough balance'; END IF;
    IF NOT EXISTS (SELECT FROM accounts a WHERE a.name = recipient) THEN RETURN 'Receiver not found'; END IF;
    UPDATE accounts a SET balance = a.balance - amount WHERE a.name = sender;
    UPDATE accounts a SET balance = a.balance + amount WHERE a.name = recipient;
    RETURN 'OK';
END
$$;

-- The same, but what cannot be is no transaction at all: the ledger keeps nothing of it.
CREATE FUNCTION pay(sender text, recipient text, amount numeric(15,2)) RETURNS text AS $$
DECLARE
    answer text := transfer(sender, recipient, amount);
BEGIN
    IF answer <> 'OK' THEN RAISE EXCEPTION '%', answer; END IF;
    RETURN answer;
END
$$;
