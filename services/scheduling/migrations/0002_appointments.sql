-- Exam sessions with their permits, and everybody's place in them.

-- The row of a clinic is what its sessions and its permits meet at.
CREATE TABLE clinics (clinic_id text PRIMARY KEY);

CREATE TABLE permits (
    permit_id uuid PRIMARY KEY,
    clinic_id text NOT NULL REFERENCES clinics,
    sites text[] NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    licensed_stations text[] NOT NULL,
    bnn boolean NOT NULL
);
CREATE INDEX permits_of_clinic ON permits (clinic_id);

-- `loosened_on` is the last day on which the session got room that a plan has not seen.
CREATE TABLE sessions (
    session_id uuid PRIMARY KEY,
    clinic_id text NOT NULL REFERENCES clinics,
    campaign_id uuid NOT NULL,
    site text NOT NULL,
    day date NOT NULL,
    bnn boolean NOT NULL,
    open_cost integer NOT NULL,
    windows text NOT NULL,
    stations text[] NOT NULL,
    seats integer NOT NULL,
    status text NOT NULL CHECK (status IN ('planned', 'confirmed', 'withdrawn')),
    permit_id uuid,
    loosened_on date
);
CREATE INDEX sessions_of_clinic ON sessions (clinic_id);
CREATE INDEX sessions_of_campaign ON sessions (campaign_id, day);

CREATE TABLE appointments (
    appointment_id uuid PRIMARY KEY,
    health_check_id uuid NOT NULL REFERENCES health_checks,
    worker_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    session_id uuid NOT NULL REFERENCES sessions,
    clinic_id text NOT NULL,
    site text NOT NULL,
    day date NOT NULL,
    window_index smallint NOT NULL,
    start_minute smallint NOT NULL,
    package text NOT NULL,
    stations text[] NOT NULL,
    state text NOT NULL CHECK (state IN ('booked', 'kept', 'missed', 'cancelled')),
    plan_id uuid
);
CREATE UNIQUE INDEX appointments_one_live_per_check ON appointments (health_check_id) WHERE state IN ('booked', 'kept');
CREATE INDEX appointments_of_session ON appointments (session_id) WHERE state IN ('booked', 'kept');
CREATE INDEX appointments_of_worker ON appointments (worker_id);
CREATE INDEX appointments_to_come ON appointments (day) WHERE state = 'booked';

CREATE TABLE wait_list (
    place bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    request_id uuid NOT NULL,
    health_check_id uuid NOT NULL REFERENCES health_checks,
    session_id uuid NOT NULL REFERENCES sessions,
    window_index smallint,
    ref text NOT NULL,
    UNIQUE (health_check_id, session_id)
);
CREATE INDEX wait_list_of_session ON wait_list (session_id);
