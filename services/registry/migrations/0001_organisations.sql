-- Provinces and communes by the codes of one day; a code means nothing without its code system.
CREATE TABLE provinces (
    code_system text NOT NULL,
    code        text NOT NULL,
    name        text NOT NULL,
    PRIMARY KEY (code_system, code)
);
CREATE TABLE communes (
    code_system   text NOT NULL,
    code          text NOT NULL,
    province_code text NOT NULL,
    name          text NOT NULL,
    PRIMARY KEY (code_system, code),
    FOREIGN KEY (code_system, province_code) REFERENCES provinces
);

-- What an organisation is from a day on; the next later row ends it. Nothing here is ever updated but a same-day correction.
CREATE TABLE organisations (
    organisation_id uuid        NOT NULL,
    valid_from      date        NOT NULL,
    kind            text        NOT NULL,
    name            text        NOT NULL,
    code            text        NOT NULL,
    parent_id       uuid,
    province_code   text        NOT NULL,
    commune_code    text,
    code_system     text        NOT NULL,
    tax_code        text,
    declared_by     text,
    ref             text        NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (organisation_id, valid_from)
);
CREATE INDEX organisations_of_parent ON organisations (parent_id);

-- The whole tree as of a day.
CREATE FUNCTION tree_as_of(day date) RETURNS SETOF organisations LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (organisation_id) * FROM organisations
    WHERE valid_from <= day ORDER BY organisation_id, valid_from DESC
$$;

-- An organisation as of a day, or as it will first be where it is declared for later.
CREATE FUNCTION organisation_on(id uuid, day date) RETURNS SETOF organisations LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT * FROM organisations WHERE organisation_id = id
    ORDER BY valid_from <= day DESC, abs(valid_from - day) LIMIT 1
$$;

-- A node and everything below it, as of a day.
CREATE FUNCTION subtree_as_of(root uuid, day date) RETURNS SETOF uuid LANGUAGE sql STABLE AS $$
    WITH RECURSIVE tree AS MATERIALIZED (SELECT organisation_id, parent_id FROM tree_as_of(day)),
    below AS (
        SELECT organisation_id FROM tree WHERE organisation_id = root
        UNION SELECT tree.organisation_id FROM below JOIN tree ON tree.parent_id = below.organisation_id
    )
    SELECT organisation_id FROM below
$$;

-- The present facts of a line, as they were declared.
CREATE TABLE lines (
    line_id     uuid        PRIMARY KEY,
    unit_id     uuid        NOT NULL,
    employer_id uuid,
    name_key    text        NOT NULL,
    facts       jsonb       NOT NULL,
    ref         text        NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX lines_of_unit ON lines (unit_id);

-- The business day that was started last; today, until one is.
CREATE TABLE business_days (
    calendar text PRIMARY KEY,
    day      date NOT NULL
);
