-- Their side wins: the row of the branch that is merged is taken, also where that branch deleted it.
CREATE FUNCTION resolve(table_name text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
BEGIN
    RETURN theirs;
END
$$;
