-- What was changed of whom, field by field, as keyed hashes of what stood there before and after: enough to tell whether
-- somebody who builds on an earlier roster left a field alone. `place` orders it among the rosters.
CREATE TABLE field_changes (
    worker_id uuid   NOT NULL,
    unit_id   uuid   NOT NULL,
    place     bigint NOT NULL,
    roster_id uuid,
    fields    text[] NOT NULL,
    befores   bytea[] NOT NULL,
    afters    bytea[] NOT NULL
);
CREATE INDEX field_changes_of_worker ON field_changes (worker_id);

-- Fields of a roster that others changed otherwise since the one it is built on, while it takes effect step by step.
ALTER TABLE rosters ADD COLUMN outdated jsonb NOT NULL DEFAULT '[]';
