/** A small bank for tests of the command line. */
export const bank = `
CREATE TABLE accounts (owner text PRIMARY KEY, balance numeric(15,2) NOT NULL);

CREATE FUNCTION open_account(who text, opening numeric(15,2)) RETURNS text AS $$
BEGIN
  INSERT INTO accounts VALUES (who, opening);
  RETURN 'OK';
END $$;

CREATE FUNCTION transfer(sender text, recipient text, amount numeric(15,2)) RETURNS text AS $$
BEGIN
  UPDATE accounts SET balance = balance - amount WHERE owner = sender AND balance >= amount;
  IF NOT FOUND THEN RAISE EXCEPTION 'Not enough balance'; END IF;
  UPDATE accounts SET balance = balance + amount WHERE owner = recipient;
  IF NOT FOUND THEN RAISE EXCEPTION 'Receiver not found'; END IF;
  RETURN 'OK';
END $$;

CREATE FUNCTION pay(sender text, recipient text, amount numeric(15,2)) RETURNS text AS $$
BEGIN
  RETURN transfer(sender, recipient, amount);
END $$;
`;
