-- Which codes named the places of the country from when to when; the day before `valid_to` is their last. Of the codes
-- before the mergers of 2025 the provinces are here, each with the one that it became.
CREATE TABLE code_systems (
    code_system text PRIMARY KEY,
    valid_from  date NOT NULL,
    valid_to    date
);
INSERT INTO code_systems VALUES ('2008-08-01', '2008-08-01', '2025-07-01'), ('2025-07-01', '2025-07-01', NULL);
ALTER TABLE provinces ADD COLUMN became text;

-- How an organisation's papers name its place by the codes before.
ALTER TABLE organisations ADD COLUMN former_code_system text, ADD COLUMN former_province_code text,
    ADD COLUMN former_commune_code text;

-- Provinces and communes by the codes of a day.
CREATE FUNCTION administrative_tree_as_of(day date)
RETURNS TABLE (code_system text, code text, parent_code text, name text) LANGUAGE sql STABLE AS $$
    WITH system AS (
        SELECT code_system FROM code_systems WHERE valid_from <= day AND (valid_to IS NULL OR day < valid_to)
    )
    SELECT code_system, code, NULL, name FROM provinces JOIN system USING (code_system)
    UNION ALL SELECT code_system, code, province_code, name FROM communes JOIN system USING (code_system)
$$;

-- Unions, and employers with their parks, as of a day.
CREATE FUNCTION union_tree_as_of(day date) RETURNS SETOF organisations LANGUAGE sql STABLE AS $$
    SELECT * FROM tree_as_of(day) WHERE kind NOT IN ('EMPLOYER', 'PARK')
$$;
CREATE FUNCTION workplace_tree_as_of(day date) RETURNS SETOF organisations LANGUAGE sql STABLE AS $$
    SELECT * FROM tree_as_of(day) WHERE kind IN ('EMPLOYER', 'PARK')
$$;

-- Where every organisation stood on a day: by the codes of that day where they are known, and never a code without its
-- system.
CREATE FUNCTION places_as_of(day date)
RETURNS TABLE (organisation_id uuid, code_system text, province_code text, commune_code text) LANGUAGE sql STABLE AS $$
    SELECT organisation_id,
           CASE WHEN day < valid_to THEN former_code_system ELSE node.code_system END,
           CASE WHEN day < valid_to THEN former_province_code ELSE province_code END,
           CASE WHEN day < valid_to THEN former_commune_code ELSE commune_code END
    FROM tree_as_of(day) AS node LEFT JOIN code_systems ON code_systems.code_system = former_code_system
$$;
