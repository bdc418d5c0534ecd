-- What was promised and kept: the units of a campaign with their frozen denominators, and the state of every person.
CREATE TABLE campaign_units (
    campaign_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    target_pct int NOT NULL,
    rosters_closed boolean NOT NULL DEFAULT false,
    workers int,
    due int,
    complete boolean NOT NULL DEFAULT false,
    in_scope boolean NOT NULL DEFAULT false,
    PRIMARY KEY (campaign_id, unit_id)
);

-- Facts of one person in one campaign. Each column is filled by another event, in any order; `late_joiner` is null until
-- the due check itself is known.
CREATE TABLE people (
    campaign_id uuid NOT NULL,
    worker_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    health_check_id uuid,
    late_joiner boolean,
    planned_on date,
    missed int NOT NULL DEFAULT 0,
    visits int NOT NULL DEFAULT 0,
    examined_on date,
    ended text CHECK (ended IN ('left', 'refused')),
    final_state text CHECK (final_state IN ('examined', 'no_show', 'refused', 'deferred', 'left')),
    PRIMARY KEY (campaign_id, worker_id)
);
CREATE INDEX people_by_unit ON people (campaign_id, unit_id);


CREATE TABLE changed_units (
    campaign_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    PRIMARY KEY (campaign_id, unit_id)
);

CREATE TABLE coverage (
    campaign_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    as_of date NOT NULL,
    figures jsonb NOT NULL,
    PRIMARY KEY (campaign_id, unit_id)
);

CREATE TABLE follow_ups (
    follow_up_id uuid PRIMARY KEY,
    campaign_id uuid,
    unit_id uuid,
    due_on date,
    closed_on date
);

-- An alert of one kind about one unit is raised once in its month.
CREATE TABLE alerts (
    campaign_id uuid NOT NULL,
    unit_id uuid NOT NULL,
    kind text NOT NULL,
    month date NOT NULL,
    PRIMARY KEY (campaign_id, unit_id, kind, month)
);
