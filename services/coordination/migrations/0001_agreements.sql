-- What both parties agree on: programmes, campaigns, plans and closings, and who spoke for whom.
CREATE TABLE days (
    calendar text PRIMARY KEY,
    day date NOT NULL,
    simulated boolean NOT NULL
);

CREATE TABLE programmes (
    programme_id uuid PRIMARY KEY,
    title text NOT NULL,
    union_unit_id uuid NOT NULL,
    authority_id text NOT NULL,
    valid_from date NOT NULL,
    valid_to date NOT NULL,
    signed_at timestamptz
);

CREATE TABLE campaigns (
    campaign_id uuid PRIMARY KEY,
    programme_id uuid NOT NULL,
    proposal jsonb NOT NULL,
    state text NOT NULL DEFAULT 'proposed' CHECK (state IN ('proposed', 'opened', 'frozen', 'closing', 'closed')),
    period_from date NOT NULL,
    period_to date NOT NULL,
    rosters_due date NOT NULL,
    coverage_pct int NOT NULL,
    tree_as_of date,
    figures jsonb,
    digest text
);

CREATE TABLE plans (
    plan_id uuid PRIMARY KEY,
    campaign_id uuid NOT NULL,
    approved_at timestamptz
);

CREATE TABLE approvals (
    subject text NOT NULL CHECK (subject IN ('programme', 'campaign', 'plan', 'closing')),
    subject_id uuid NOT NULL,
    party_class text NOT NULL CHECK (party_class IN ('unions', 'health')),
    party text NOT NULL,
    actor text NOT NULL,
    approved_at timestamptz NOT NULL,
    PRIMARY KEY (subject, subject_id, party_class)
);

CREATE TABLE organisations (
    organisation_id uuid NOT NULL,
    valid_from date NOT NULL,
    kind text NOT NULL,
    parent_id uuid,
    PRIMARY KEY (organisation_id, valid_from)
);

CREATE TABLE signing_keys (
    id boolean PRIMARY KEY DEFAULT true CHECK (id),
    seed bytea NOT NULL
);
