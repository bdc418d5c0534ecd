-- Who may be examined, what is due, and the business day.

CREATE TABLE calendar (only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row), today date NOT NULL);

CREATE TABLE campaigns (
    campaign_id uuid PRIMARY KEY,
    period_from date NOT NULL,
    period_to date NOT NULL,
    unit_ids uuid[] NOT NULL,
    frozen_on date,
    closing_on date
);

-- The row of a unit is what everybody locks who adds workers to it or waits for them.
CREATE TABLE units (unit_id uuid PRIMARY KEY, commune_code text, members_ever integer NOT NULL DEFAULT 0);
CREATE TABLE memberships (unit_id uuid NOT NULL, worker_id uuid NOT NULL, PRIMARY KEY (unit_id, worker_id));

-- `crew_id` is the line whose calendar counts: the declared one once it is known, else the unit's largest.
CREATE TABLE workers (
    worker_id uuid PRIMARY KEY,
    unit_id uuid NOT NULL,
    line_id uuid,
    crew_id uuid,
    facts text NOT NULL,
    left_on date,
    last_check date
);
CREATE INDEX workers_of_unit ON workers (unit_id);
CREATE INDEX workers_of_crew ON workers (crew_id);

CREATE TABLE lines (
    line_id uuid PRIMARY KEY,
    unit_id uuid NOT NULL,
    site text NOT NULL,
    shifts_from date NOT NULL,
    shifts jsonb NOT NULL,
    headcount integer NOT NULL,
    max_absent_pct integer NOT NULL,
    reaches jsonb NOT NULL
);
CREATE INDEX lines_of_unit ON lines (unit_id);

CREATE TABLE closings (
    unit_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    workers integer NOT NULL,
    workers_ever integer NOT NULL,
    declared boolean NOT NULL DEFAULT false,
    PRIMARY KEY (unit_id, campaign_id)
);
CREATE INDEX closings_of_campaign ON closings (campaign_id);

-- open: needs a place. booked: has one. attended: came, not concluded yet. fulfilled, left, refused: ended.
CREATE TABLE health_checks (
    health_check_id uuid PRIMARY KEY,
    campaign_id uuid NOT NULL,
    worker_id uuid NOT NULL REFERENCES workers,
    unit_id uuid NOT NULL,
    package text NOT NULL,
    stations text[] NOT NULL,
    timing text[] NOT NULL,
    bnn boolean NOT NULL,
    cycle_minutes smallint NOT NULL,
    due_on date NOT NULL,
    legal_deadline date,
    priority smallint NOT NULL,
    late_joiner boolean NOT NULL,
    state text NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'booked', 'attended', 'fulfilled', 'left', 'refused')),
    deferred_for text,
    UNIQUE (campaign_id, worker_id)
);
CREATE INDEX health_checks_of_worker ON health_checks (worker_id);
CREATE INDEX health_checks_open ON health_checks (campaign_id) WHERE state = 'open';

CREATE TABLE absences (
    request_id uuid PRIMARY KEY,
    worker_id uuid NOT NULL,
    first_day date NOT NULL,
    last_day date NOT NULL
);
CREATE INDEX absences_of_worker ON absences (worker_id);
