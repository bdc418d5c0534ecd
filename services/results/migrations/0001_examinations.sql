-- What was found. A visit is known from its appointment; records are kept one by one and merged when they are read, so
-- that two desks never overwrite each other.
CREATE TABLE workers (
    worker_id uuid PRIMARY KEY,
    employer_id uuid,
    sex text NOT NULL,
    born text NOT NULL,
    heavy boolean NOT NULL,
    hazards text[] NOT NULL
);

CREATE TABLE visits (
    visit_id uuid PRIMARY KEY,
    worker_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    clinic_id text NOT NULL,
    day date NOT NULL,
    stations text[] NOT NULL,
    received text[] NOT NULL DEFAULT '{}',
    version int NOT NULL DEFAULT 0
);

CREATE TABLE records (
    source text NOT NULL,
    visit_id uuid NOT NULL,
    station text NOT NULL,
    recorded_at timestamptz NOT NULL,
    examiner_licence text,
    findings jsonb NOT NULL,
    not_done text,
    answered boolean NOT NULL DEFAULT false,
    PRIMARY KEY (visit_id, source)
);

CREATE TABLE conclusions (
    visit_id uuid NOT NULL,
    version int NOT NULL,
    concluded_on date NOT NULL,
    doctor_licence text NOT NULL,
    proposed_class int,
    final_class int NOT NULL,
    tumour_class int NOT NULL,
    diseases text[] NOT NULL,
    restrictions text[] NOT NULL,
    reason text,
    rule_set text NOT NULL,
    PRIMARY KEY (visit_id, version)
);

CREATE TABLE follow_ups (
    follow_up_id uuid PRIMARY KEY,
    visit_id uuid NOT NULL,
    worker_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    campaign_id uuid NOT NULL,
    kind text NOT NULL,
    reason text NOT NULL,
    due_on date NOT NULL,
    closed_on date,
    outcome text
);
CREATE INDEX follow_ups_by_reason ON follow_ups (campaign_id, unit_id, reason);

-- A cluster of one finding in one unit is told once in a campaign.
CREATE TABLE clusters (
    campaign_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (campaign_id, unit_id, reason)
);
