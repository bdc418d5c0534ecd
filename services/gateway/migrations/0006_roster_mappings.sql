-- How units' files are read where their headings do not say it; one of nothing was lifted.
CREATE TABLE roster_mappings (
    unit_id     uuid  NOT NULL,
    fingerprint text  NOT NULL,
    version     int   NOT NULL,
    columns     jsonb NOT NULL,
    header_row  int,
    PRIMARY KEY (unit_id, fingerprint)
);
