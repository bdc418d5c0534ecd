-- Plans that follow the world: repairs, plans that wait too long, questions that publish nothing, make-up sessions.

ALTER TABLE plan_runs DROP CONSTRAINT plan_runs_kind_check;
ALTER TABLE plan_runs ADD CONSTRAINT plan_runs_kind_check CHECK (kind IN ('initial', 'make-up', 'repair'));
ALTER TABLE plan_runs ADD COLUMN expires_on date, ADD COLUMN declined_on date;

-- Lost its place through no wish of the worker's, and found no other: a repair is asked for at once.
ALTER TABLE health_checks ADD COLUMN displaced boolean NOT NULL DEFAULT false;
CREATE INDEX health_checks_displaced ON health_checks (campaign_id) WHERE displaced;

-- Questions: computed like plans, with the same seed on both sides, and never published.
CREATE TABLE what_ifs (
    request_id uuid PRIMARY KEY,
    campaign_id uuid NOT NULL,
    asked_on date NOT NULL,
    question text NOT NULL,
    cause text NOT NULL,
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'answered')),
    attempt integer NOT NULL DEFAULT 0,
    leased_until timestamptz,
    asked_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX what_ifs_to_answer ON what_ifs (asked_at) WHERE state <> 'answered';

-- Where a make-up session was proposed, so that it is not proposed again every day.
CREATE TABLE make_ups (
    campaign_id uuid NOT NULL,
    site text NOT NULL,
    proposed_on date NOT NULL,
    PRIMARY KEY (campaign_id, site)
);
