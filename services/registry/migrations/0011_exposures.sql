-- Exposures of a line or a job from monitoring reports; of two that hold on a day the later one counts, of one day's the
-- later version. Nothing is ever changed but `told`: whether those who work there have been told of.
CREATE TABLE exposures (
    unit_id    uuid        NOT NULL,
    place      text        NOT NULL,
    valid_from date        NOT NULL,
    version    int         NOT NULL,
    report_id  uuid        NOT NULL,
    hazards    text[]      NOT NULL,
    told       boolean     NOT NULL DEFAULT false,
    ref        text        NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (unit_id, place, valid_from, version)
);
CREATE INDEX exposures_untold ON exposures (valid_from) WHERE NOT told;

-- What a unit's places expose to, as of a day.
CREATE FUNCTION exposures_as_of(units uuid[], day date) RETURNS SETOF exposures LANGUAGE sql STABLE AS $$
    SELECT DISTINCT ON (unit_id, place) * FROM exposures
    WHERE unit_id = ANY(units) AND valid_from <= day ORDER BY unit_id, place, valid_from DESC, version DESC
$$;

-- The job by its bare words (small letters, no marks): whoever has the same one in a unit shares its exposures.
ALTER TABLE workers ADD COLUMN job text;
