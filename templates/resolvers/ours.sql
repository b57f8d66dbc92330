-- Our side wins: the branch that is merged into keeps its row, also where it deleted it.
CREATE FUNCTION resolve(table_name text, key jsonb, base jsonb, ours jsonb, theirs jsonb) RETURNS jsonb AS $$
BEGIN
    RETURN ours;
END
$$;
