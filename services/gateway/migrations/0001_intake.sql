-- What outside parties said and what came of it; receipt_id = uuid5 of "source#id", so it is the event's identity too.
CREATE TABLE receipts (
    receipt_id  uuid        PRIMARY KEY,
    ref         text        NOT NULL,
    type        text        NOT NULL,
    party       text        NOT NULL,
    actor       text        NOT NULL,
    subject     text        NOT NULL,
    digest      bytea       NOT NULL,
    state       text        NOT NULL DEFAULT 'accepted' CHECK (state IN ('accepted', 'stored', 'answered', 'parked')),
    accepted_at timestamptz NOT NULL,
    stored_at   timestamptz,
    answered_at timestamptz,
    answers     uuid[]      NOT NULL DEFAULT '{}'
) WITH (fillfactor = 70);
CREATE INDEX receipts_of_party ON receipts (party, accepted_at);

-- The events that answered, with what of them the asker may read.
CREATE TABLE answers (
    answer_id uuid        PRIMARY KEY,
    ref       text        NOT NULL,
    type      text        NOT NULL,
    at        timestamptz NOT NULL,
    body      jsonb       NOT NULL
);

-- Requests that came with an Idempotency-Key, and the response each of them got.
CREATE TABLE idempotency_keys (
    party      text        NOT NULL,
    key        text        NOT NULL,
    digest     bytea       NOT NULL,
    status     int,
    body       bytea,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (party, key)
);
CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);

-- Which event led to which, for every event that passed; keys are uuid5 of "source#id", the nil UUID is no cause.
-- An event with several causes has a row for each, numbered from 0.
CREATE TABLE causation (
    event_key uuid        NOT NULL,
    cause_key uuid        NOT NULL,
    nth       smallint    NOT NULL,
    source    text        NOT NULL,
    id        text        NOT NULL,
    type      text        NOT NULL,
    at        timestamptz NOT NULL,
    trace_id  text,
    PRIMARY KEY (event_key, cause_key)
);
CREATE INDEX causation_of_cause ON causation (cause_key);

-- Messages that a service could not take, and what became of them.
CREATE TABLE deliveries (
    dead_letter_id uuid        PRIMARY KEY,
    service        text        NOT NULL,
    ref            text        NOT NULL,
    event_key      uuid        NOT NULL,
    type           text        NOT NULL,
    reason         text        NOT NULL,
    state          text        NOT NULL CHECK (state IN ('parked', 'replayed', 'discarded')),
    at             timestamptz NOT NULL
);
CREATE INDEX deliveries_of_event ON deliveries (event_key);

-- How far the bridge from `edge.in.*` has taken effect in each partition.
CREATE TABLE bridged (
    topic       text   NOT NULL,
    partition   int    NOT NULL,
    next_offset bigint NOT NULL,
    PRIMARY KEY (topic, partition)
);
