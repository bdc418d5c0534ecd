-- Keys live apart from what they close: this schema may lie in a database of its own, with short-lived backups.
CREATE SCHEMA vault;

-- One key per person, wrapped by a master key that is in no database.
CREATE TABLE vault.subject_keys (
    worker_id     uuid        PRIMARY KEY,
    master_key_id text        NOT NULL,
    wrapped       bytea       NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- The keys of the blind indexes, which outlive every master key.
CREATE TABLE vault.index_keys (
    name          text        PRIMARY KEY,
    master_key_id text        NOT NULL,
    wrapped       bytea       NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now()
);

-- Key pairs that rosters are sealed to; a retired one loses its private half when nothing sealed to it is kept any more.
CREATE TABLE vault.intake_keys (
    key_id        text        PRIMARY KEY,
    public_key    bytea       NOT NULL,
    master_key_id text,
    wrapped       bytea,
    created_at    timestamptz NOT NULL,
    retired_at    timestamptz,
    destroyed_at  timestamptz
);
CREATE UNIQUE INDEX one_intake_key_in_use ON vault.intake_keys ((true)) WHERE retired_at IS NULL;

-- The same list as beside the identities: either half restored alone forgets the erased again.
CREATE TABLE vault.erasures (
    worker_id uuid        PRIMARY KEY,
    erased_at timestamptz NOT NULL
);
