-- What lines and jobs of units expose to, by monitoring report and version.
CREATE TABLE exposures (
    unit_id     uuid  NOT NULL,
    report_id   uuid  NOT NULL,
    version     int   NOT NULL,
    measured_on date  NOT NULL,
    valid_from  date  NOT NULL,
    measured_by text,
    places      jsonb NOT NULL,
    workers     int   NOT NULL,
    PRIMARY KEY (unit_id, valid_from, version)
);
