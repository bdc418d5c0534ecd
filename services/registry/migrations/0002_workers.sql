-- A worker as facts without identity; whoever left stays, so that a return is a return.
CREATE TABLE workers (
    worker_id         uuid        PRIMARY KEY,
    unit_id           uuid        NOT NULL,
    employer_id       uuid,
    line_id           uuid,
    sex               text        NOT NULL,
    born              text        NOT NULL,
    disabled          boolean     NOT NULL,
    heavy_class       text,
    exposures         text[]      NOT NULL,
    employed_since    date,
    last_health_check date,
    left_on           date,
    roster_id         uuid,
    "row"             int,
    changed_at        timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX workers_of_unit ON workers (unit_id) WHERE left_on IS NULL;

-- Who the worker is: sealed with the worker's own key. The rest are keyed hashes: `digest` tells whether anything
-- changed, `namesake` finds the same name, birth date and sex in the unit, `peer` the same birth date and sex there;
-- `numbered` are those with a citizen's number, who cannot be somebody else with one.
CREATE TABLE persons (
    worker_id uuid  PRIMARY KEY REFERENCES workers,
    sealed    bytea NOT NULL,
    digest    bytea NOT NULL,
    name      bytea NOT NULL,
    birth     bytea,
    namesake  bytea NOT NULL,
    peer      bytea,
    numbered  boolean NOT NULL
);
CREATE INDEX persons_namesake ON persons (namesake);
CREATE INDEX persons_peer ON persons (peer);
CREATE INDEX persons_peer_without_number ON persons (peer) WHERE NOT numbered;

-- Every number a person was ever known by; those without an end are in use.
CREATE TABLE identifiers (
    worker_id   uuid    NOT NULL REFERENCES workers,
    type        text    NOT NULL,
    blind_index bytea   NOT NULL,
    sealed      bytea   NOT NULL,
    verified    boolean NOT NULL,
    valid_from  date    NOT NULL,
    valid_to    date,
    roster_id   uuid
);
CREATE INDEX identifiers_of_worker ON identifiers (worker_id);
CREATE INDEX identifiers_blind_index ON identifiers (blind_index);
CREATE UNIQUE INDEX one_holder_per_verified_number ON identifiers (blind_index) WHERE valid_to IS NULL AND verified;

-- Where a worker belonged from when to when.
CREATE TABLE employments (
    worker_id   uuid        NOT NULL REFERENCES workers,
    unit_id     uuid        NOT NULL,
    employer_id uuid,
    line_id     uuid,
    valid_from  date        NOT NULL,
    valid_to    date,
    roster_id   uuid,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX employments_of_worker ON employments (worker_id);
CREATE INDEX employments_of_unit ON employments (unit_id, worker_id);

-- Two workers who may be one person; somebody has to look.
CREATE TABLE reviews (
    worker_id uuid        NOT NULL REFERENCES workers,
    other_id  uuid        NOT NULL REFERENCES workers,
    reasons   text[]      NOT NULL,
    score     real,
    roster_id uuid        NOT NULL,
    "row"     int         NOT NULL,
    found_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (worker_id, other_id)
);
