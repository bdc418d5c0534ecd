-- Who looked at whom, why and when; each row's hash covers the row before it, so that none can be changed or taken out.
CREATE TABLE accesses (
    position  bigint      PRIMARY KEY,
    at        timestamptz NOT NULL,
    worker_id uuid,
    party     text        NOT NULL,
    actor     text        NOT NULL,
    purpose   text        NOT NULL,
    view      text        NOT NULL,
    hash      bytea       NOT NULL
);
CREATE INDEX accesses_of_worker ON accesses (worker_id);

-- The end of the chain; whoever adds to it locks this row.
CREATE TABLE accesses_head (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    position bigint  NOT NULL,
    hash     bytea   NOT NULL
);
INSERT INTO accesses_head (position, hash) VALUES (0, '\x');

-- Whose identity was destroyed; reapplied at every start, so that a restored backup forgets them again.
CREATE TABLE erasures (
    worker_id uuid        PRIMARY KEY,
    erased_at timestamptz NOT NULL,
    who       text        NOT NULL,
    why       text        NOT NULL
);
