/** A ledger of two branches that disagree, for tests of pending merges: one contract, in which whole tables change at once. */
export const disagreementSource = `
CREATE TABLE accounts (
    owner   text PRIMARY KEY,
    balance numeric(15,2) NOT NULL CHECK (balance >= 0),
    note    text UNIQUE
);

CREATE FUNCTION open_accounts(first int4, last int4) RETURNS void AS $$
BEGIN
    INSERT INTO accounts
    SELECT 'acc' || lpad(number::text, 7, '0'), 100, NULL FROM generate_series(first, last) AS number ORDER BY number;
END
$$;

CREATE FUNCTION set_balance(who text, amount numeric(15,2)) RETURNS void AS $$
BEGIN
    UPDATE accounts SET balance = amount WHERE owner = who;
END
$$;

CREATE FUNCTION set_note(who text, what text) RETURNS void AS $$
BEGIN
    UPDATE accounts SET note = what WHERE owner = who;
END
$$;

CREATE FUNCTION add_to_all(amount numeric(15,2)) RETURNS void AS $$
BEGIN
    UPDATE accounts SET balance = balance + amount;
END
$$;

CREATE FUNCTION close_account(who text) RETURNS void AS $$
BEGIN
    DELETE FROM accounts WHERE owner = who;
END
$$;
`;
