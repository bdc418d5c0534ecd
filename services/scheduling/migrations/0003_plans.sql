-- Plan runs: what was asked for, by which inputs, how far it got; at most one of a campaign is under way.

CREATE TABLE plan_runs (
    plan_id uuid PRIMARY KEY,
    campaign_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('initial', 'make-up')),
    asked_on date NOT NULL,
    seed integer NOT NULL,
    causes text[] NOT NULL,
    state text NOT NULL DEFAULT 'queued'
        CHECK (state IN ('queued', 'running', 'proposed', 'published', 'cancelled', 'failed')),
    attempt integer NOT NULL DEFAULT 0,
    leased_until timestamptz,
    inputs_digest text,
    asked_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX plan_runs_one_under_way ON plan_runs (campaign_id) WHERE state IN ('queued', 'running', 'proposed');
CREATE INDEX plan_runs_of_campaign ON plan_runs (campaign_id, asked_on);

CREATE TABLE plan_placements (
    plan_id uuid NOT NULL REFERENCES plan_runs,
    health_check_id uuid NOT NULL,
    session_id uuid,
    window_index smallint,
    reason text,
    PRIMARY KEY (plan_id, health_check_id),
    CHECK ((session_id IS NULL) = (reason IS NOT NULL))
);
