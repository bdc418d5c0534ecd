-- A roster from its first piece to its answer. `place` orders the complete ones; `step` counts the rows that took effect,
-- so that a roster goes on where a crash left it.
CREATE TABLE rosters (
    roster_id      uuid        PRIMARY KEY,
    state          text        NOT NULL DEFAULT 'receiving' CHECK (state IN ('receiving', 'ready', 'assessed')),
    unit_id        uuid,
    employer_id    uuid,
    campaign_id    uuid,
    line_id        uuid,
    complete       boolean,
    dry_run        boolean,
    reference_date date,
    chunks         int,
    key_id         text,
    sealed_facts   text,
    refused_for    text,
    refs           text[]      NOT NULL DEFAULT '{}',
    trace          text,
    place          bigint,
    claimed_by     uuid,
    claimed_until  timestamptz,
    step           int         NOT NULL DEFAULT 0,
    parts          int         NOT NULL DEFAULT 0,
    effects        jsonb       NOT NULL DEFAULT '{}',
    members_before int,
    received_at    timestamptz NOT NULL DEFAULT now(),
    assessed_at    timestamptz
);
CREATE INDEX rosters_ready ON rosters (place) WHERE state = 'ready';
CREATE INDEX rosters_ready_of_unit ON rosters (unit_id, place) WHERE state = 'ready';
CREATE SEQUENCE roster_places;

-- Sealed rows until their roster is assessed; only the vault's intake keys open them.
CREATE TABLE roster_chunks (
    roster_id   uuid        NOT NULL,
    index       int         NOT NULL,
    key_id      text        NOT NULL,
    sealed      text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (roster_id, index)
);
CREATE INDEX roster_chunks_received_at ON roster_chunks USING brin (received_at);

-- Which workers a roster named; whoever a complete roster does not name is proposed to have left.
CREATE TABLE roster_members (
    roster_id uuid NOT NULL,
    worker_id uuid NOT NULL,
    "row"     int  NOT NULL,
    PRIMARY KEY (roster_id, worker_id)
);
