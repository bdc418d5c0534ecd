CREATE TABLE days (
    day        date        PRIMARY KEY,
    simulated  boolean     NOT NULL,
    started_at timestamptz NOT NULL
);

-- Up to which day scheduling has swept and coordination has counted, and the plans somebody may be waiting for.
CREATE TABLE days_done (
    work text PRIMARY KEY,
    day  date NOT NULL
);
CREATE TABLE plans_asked_for (
    plan_id uuid    PRIMARY KEY,
    settled boolean NOT NULL DEFAULT false
);

-- Every version of every organisation; the tree of a day is made of each one's latest version until then.
CREATE TABLE organisations (
    organisation_id uuid NOT NULL,
    valid_from      date NOT NULL,
    kind            text NOT NULL,
    name            text NOT NULL,
    code            text NOT NULL,
    parent_id       uuid,
    province_code   text NOT NULL,
    commune_code    text,
    code_system     text NOT NULL,
    PRIMARY KEY (organisation_id, valid_from)
);
CREATE INDEX organisations_of_parent ON organisations (parent_id);
-- An organisation's version on a day; before its first day, its first version.
CREATE FUNCTION organisation_on(organisation uuid, day date) RETURNS SETOF organisations LANGUAGE sql STABLE ROWS 1 AS $$
    SELECT * FROM organisations WHERE organisation_id = organisation
    ORDER BY valid_from <= day DESC, abs(valid_from - day) LIMIT 1
$$;

CREATE TABLE lines (
    line_id        uuid  PRIMARY KEY,
    unit_id        uuid  NOT NULL,
    employer_id    uuid,
    name           text  NOT NULL,
    site           text  NOT NULL,
    shifts_from    date  NOT NULL,
    shifts         jsonb NOT NULL,
    headcount      int   NOT NULL,
    max_absent_pct int   NOT NULL,
    reaches        jsonb NOT NULL
);
CREATE INDEX lines_of_unit ON lines (unit_id);

-- Where a worker belongs now; what the gateway needs to know who may speak for whom.
CREATE TABLE workers (
    worker_id   uuid PRIMARY KEY,
    unit_id     uuid NOT NULL,
    employer_id uuid,
    line_id     uuid,
    left_on     date
) WITH (fillfactor = 80);
CREATE INDEX workers_of_unit ON workers (unit_id);
CREATE INDEX workers_of_employer ON workers (employer_id);

CREATE TABLE programmes (
    programme_id  uuid PRIMARY KEY,
    title         text NOT NULL,
    union_unit_id uuid,
    authority_id  text,
    valid_from    date NOT NULL,
    valid_to      date NOT NULL,
    state         text NOT NULL
);

CREATE TABLE campaigns (
    campaign_id      uuid  PRIMARY KEY,
    programme_id     uuid  NOT NULL,
    title            text  NOT NULL,
    state            text  NOT NULL,
    period_from      date  NOT NULL,
    period_to        date  NOT NULL,
    rosters_due      date  NOT NULL,
    coverage_pct     int   NOT NULL,
    scope_unit_ids   uuid[] NOT NULL,
    unit_ids         uuid[] NOT NULL DEFAULT '{}',
    tree_as_of       date,
    unit_targets     jsonb NOT NULL DEFAULT '[]',
    funding          jsonb NOT NULL DEFAULT '[]'
);

-- What was frozen, and how a campaign ended; kept apart because they may be told before the campaign is.
CREATE TABLE frozen_scopes (
    campaign_id      uuid   PRIMARY KEY,
    on_day           date   NOT NULL,
    missing_unit_ids uuid[] NOT NULL
);
CREATE TABLE frozen_units (
    campaign_id uuid NOT NULL,
    unit_id     uuid NOT NULL,
    workers     int  NOT NULL,
    due         int  NOT NULL,
    PRIMARY KEY (campaign_id, unit_id)
);
CREATE TABLE demands (
    campaign_id uuid NOT NULL,
    unit_id     uuid NOT NULL,
    workers     int  NOT NULL,
    due         int  NOT NULL,
    PRIMARY KEY (campaign_id, unit_id)
);
CREATE TABLE closings (
    campaign_id uuid  PRIMARY KEY,
    state       text  NOT NULL CHECK (state IN ('proposed', 'closed')),
    on_day      date  NOT NULL,
    figures     jsonb NOT NULL,
    digest      text  NOT NULL,
    signature   text,
    public_key  text
);

-- Whose word counts on a programme, campaign, plan or closing.
CREATE TABLE approvals (
    subject    text        NOT NULL,
    subject_id uuid        NOT NULL,
    party      text        NOT NULL,
    missing    text[]      NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (subject, subject_id, party)
);

CREATE TABLE coverage (
    campaign_id uuid  NOT NULL,
    unit_id     uuid  NOT NULL,
    as_of       date  NOT NULL,
    tree_as_of  date  NOT NULL,
    target_pct  int   NOT NULL,
    figures     jsonb NOT NULL,
    PRIMARY KEY (campaign_id, unit_id, as_of)
);

CREATE TABLE alerts (
    alert_id    uuid        PRIMARY KEY,
    campaign_id uuid        NOT NULL,
    unit_id     uuid,
    kind        text        NOT NULL,
    on_day      date        NOT NULL,
    text_vi     text        NOT NULL,
    text_en     text        NOT NULL
);
CREATE INDEX alerts_of_campaign ON alerts (campaign_id, on_day);

CREATE TABLE clusters (
    cluster_id  uuid PRIMARY KEY,
    unit_id     uuid NOT NULL,
    campaign_id uuid NOT NULL,
    kind        text NOT NULL,
    at_least    int  NOT NULL
);

CREATE TABLE rosters (
    roster_id   uuid  PRIMARY KEY,
    unit_id     uuid  NOT NULL,
    campaign_id uuid,
    file_digest bytea,
    assessment  jsonb
);
CREATE INDEX rosters_of_unit ON rosters (unit_id);
CREATE TABLE roster_rows (
    roster_id    uuid   NOT NULL,
    row          int    NOT NULL,
    outcome      text   NOT NULL,
    codes        text[] NOT NULL,
    related_rows int[]  NOT NULL,
    worker_id    uuid,
    effect       text   NOT NULL,
    PRIMARY KEY (roster_id, row)
);

CREATE TABLE health_checks (
    health_check_id uuid    PRIMARY KEY,
    worker_id       uuid    NOT NULL,
    unit_id         uuid    NOT NULL,
    campaign_id     uuid    NOT NULL,
    package         text    NOT NULL,
    stations        text[]  NOT NULL,
    interval_months int     NOT NULL,
    due_on          date    NOT NULL,
    legal_deadline  date,
    priority        int     NOT NULL,
    late_joiner     boolean NOT NULL,
    grounds         jsonb   NOT NULL
);
CREATE INDEX health_checks_of_campaign ON health_checks (campaign_id, unit_id, health_check_id);
CREATE INDEX health_checks_of_worker ON health_checks (worker_id);
-- A check's end or deferral, in a table of its own: small, and rewritten without touching the grounds.
CREATE TABLE health_check_ends (
    health_check_id uuid PRIMARY KEY,
    state           text NOT NULL CHECK (state IN ('withdrawn', 'deferred')),
    reason          text NOT NULL,
    on_day          date,
    plan_id         uuid
);

CREATE TABLE sessions (
    session_id  uuid  PRIMARY KEY,
    clinic_id   text  NOT NULL,
    campaign_id uuid  NOT NULL,
    site        text  NOT NULL,
    day         date  NOT NULL,
    status      text  NOT NULL,
    permit_id   uuid,
    seats       int   NOT NULL,
    booked      int   NOT NULL
);
CREATE INDEX sessions_of_campaign ON sessions (campaign_id, day, session_id);
CREATE INDEX sessions_of_clinic ON sessions (clinic_id, day);
CREATE TABLE session_windows (
    session_id uuid  PRIMARY KEY,
    clinic_id  text  NOT NULL,
    windows    jsonb NOT NULL
);

CREATE TABLE permits (
    permit_id         uuid   PRIMARY KEY,
    clinic_id         text   NOT NULL,
    sites             text[] NOT NULL,
    valid_from        date   NOT NULL,
    valid_to          date   NOT NULL,
    licensed_stations text[] NOT NULL,
    bnn               boolean NOT NULL
);

CREATE TABLE plans (
    plan_id     uuid   PRIMARY KEY,
    campaign_id uuid   NOT NULL,
    summary     jsonb  NOT NULL
);
CREATE INDEX plans_of_campaign ON plans (campaign_id);
-- What became of a plan; rank lets the turns come in any order.
CREATE TABLE plan_turns (
    plan_id      uuid PRIMARY KEY,
    campaign_id  uuid NOT NULL,
    state        text NOT NULL CHECK (state IN ('approved', 'published', 'abandoned')),
    appointments int,
    dropped      int
);

CREATE TABLE appointments (
    appointment_id  uuid     PRIMARY KEY,
    health_check_id uuid     NOT NULL,
    worker_id       uuid     NOT NULL,
    unit_id         uuid     NOT NULL,
    campaign_id     uuid     NOT NULL,
    session_id      uuid     NOT NULL,
    clinic_id       text     NOT NULL,
    site            text     NOT NULL,
    day             date     NOT NULL,
    "window"        int      NOT NULL,
    start           int      NOT NULL,
    package         text     NOT NULL,
    stations        text[]   NOT NULL,
    state           text     NOT NULL CHECK (state IN ('made', 'moved', 'cancelled', 'kept', 'missed')),
    reason          text
) WITH (fillfactor = 80);
CREATE INDEX appointments_of_unit ON appointments (unit_id, day, appointment_id);
CREATE INDEX appointments_of_clinic ON appointments (clinic_id, day, appointment_id);
CREATE INDEX appointments_of_worker ON appointments (worker_id);

CREATE TABLE visits (
    visit_id     uuid PRIMARY KEY,
    worker_id    uuid NOT NULL,
    unit_id      uuid NOT NULL,
    campaign_id  uuid NOT NULL,
    concluded_on date NOT NULL,
    valid_until  date NOT NULL,
    version      int  NOT NULL
);
CREATE INDEX visits_of_worker ON visits (worker_id);

-- Restricted from here on: health data, read by the clinic that examined and by the worker, or as suppressed totals.
CREATE TABLE class_proposals (
    visit_id  uuid  PRIMARY KEY,
    clinic_id text  NOT NULL,
    body      jsonb NOT NULL
);
CREATE TABLE examinations (
    visit_id  uuid  NOT NULL,
    version   int   NOT NULL,
    worker_id uuid  NOT NULL,
    clinic_id text  NOT NULL,
    body      jsonb NOT NULL,
    PRIMARY KEY (visit_id, version)
);
CREATE INDEX examinations_of_worker ON examinations (worker_id);

CREATE TABLE fitness (
    visit_id     uuid   PRIMARY KEY,
    worker_id    uuid   NOT NULL,
    unit_id      uuid   NOT NULL,
    employer_id  uuid,
    campaign_id  uuid   NOT NULL,
    final_class  int    NOT NULL,
    restrictions text[] NOT NULL,
    version      int    NOT NULL
);
CREATE INDEX fitness_of_employer ON fitness (employer_id, worker_id);
CREATE INDEX fitness_of_campaign ON fitness (campaign_id, unit_id);
CREATE INDEX fitness_of_worker ON fitness (worker_id);

CREATE TABLE follow_ups (
    follow_up_id uuid PRIMARY KEY,
    visit_id     uuid NOT NULL,
    worker_id    uuid NOT NULL,
    unit_id      uuid NOT NULL,
    campaign_id  uuid NOT NULL,
    clinic_id    text,
    kind         text,
    reason       text,
    due_on       date,
    closed_on    date,
    outcome      text
);
CREATE INDEX follow_ups_of_clinic ON follow_ups (clinic_id, due_on);
CREATE INDEX follow_ups_of_campaign ON follow_ups (campaign_id, unit_id);
CREATE INDEX follow_ups_of_worker ON follow_ups (worker_id);

-- Class mixes that unions may read: whole rows of cells of at least ten people, fixed when the campaign closes.
CREATE TABLE class_mixes (
    campaign_id uuid  NOT NULL,
    unit_id     uuid  NOT NULL,
    as_of       date  NOT NULL,
    people      int   NOT NULL,
    groups      jsonb,
    PRIMARY KEY (campaign_id, unit_id)
);
