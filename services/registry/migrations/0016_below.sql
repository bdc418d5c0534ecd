-- An organisation and everything below it, each as of a day or as it will first be: what has it on its way up by
-- `organisation_on`.
CREATE FUNCTION below_on(root uuid, day date) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE tree AS MATERIALIZED (
        SELECT DISTINCT ON (organisation_id) organisation_id, parent_id FROM organisations
        ORDER BY organisation_id, valid_from <= day DESC, abs(valid_from - day)
    ), below AS (
        SELECT root AS organisation_id
        UNION SELECT tree.organisation_id FROM below JOIN tree ON tree.parent_id = below.organisation_id
    )
    SELECT organisation_id FROM below
$$;
