-- How a unit's files with a header are read where its words do not say it; the header as a keyed hash. The latest version
-- counts, one of nothing lifts what was kept, and none is ever changed.
CREATE TABLE roster_mappings (
    unit_id     uuid        NOT NULL,
    fingerprint text        NOT NULL,
    version     int         NOT NULL,
    columns     jsonb       NOT NULL,
    header_row  int,
    party       text,
    ref         text        NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (unit_id, fingerprint, version)
);
