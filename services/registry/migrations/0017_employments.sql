-- Work that somebody has beside the one they count by, which stands in `workers`. Its digest and namesake find and compare
-- the rows of its own rosters, as those in `persons` do for the first one.
CREATE TABLE further_employments (
    worker_id      uuid   NOT NULL,
    unit_id        uuid   NOT NULL,
    employer_id    uuid   NOT NULL,
    line_id        uuid,
    host_id        uuid,
    job            text,
    shift          text,
    heavy_class    text,
    exposures      text[] NOT NULL,
    employed_since date,
    digest         bytea  NOT NULL,
    namesake       bytea  NOT NULL,
    PRIMARY KEY (worker_id, unit_id, employer_id)
);
CREATE INDEX further_employments_of_unit ON further_employments (unit_id);
CREATE INDEX further_employments_namesake ON further_employments USING hash (namesake);

-- The usual hours of the shift, from minute to minute ('1320-1800'); and whether the unit ever counted the worker by it.
ALTER TABLE workers ADD COLUMN shift text;
ALTER TABLE employments ADD COLUMN shift text, ADD COLUMN counts boolean NOT NULL DEFAULT true;

-- Everything that somebody works at now, the first being what they count by.
CREATE VIEW open_employments AS
SELECT worker_id, unit_id, employer_id, line_id, host_id, job, shift, heavy_class, exposures, employed_since,
       sex, born, disabled, last_health_check, true AS counts
FROM workers WHERE left_on IS NULL
UNION ALL
SELECT other.worker_id, other.unit_id, other.employer_id, other.line_id, other.host_id, other.job, other.shift,
       other.heavy_class, other.exposures, other.employed_since, sex, born, disabled, last_health_check, false
FROM further_employments AS other JOIN workers USING (worker_id) WHERE left_on IS NULL;
