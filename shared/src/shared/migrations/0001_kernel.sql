-- How far this service has taken effect in each partition: the truth that Kafka's own offsets only follow.
CREATE TABLE consumed (
    consumer_group  text   NOT NULL,
    topic           text   NOT NULL,
    partition       int    NOT NULL,
    next_offset     bigint NOT NULL,
    previous_offset bigint NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition)
) WITH (fillfactor = 50);

-- Every event that has had its effect here; drops what a relay sent twice.
CREATE TABLE inbox (
    source      text        NOT NULL,
    id          text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (source, id)
);
CREATE INDEX inbox_received_at ON inbox USING brin (received_at);

-- The version of each aggregate that events were said about; its row is the aggregate's lock.
CREATE TABLE versions (
    topic           text   NOT NULL,
    key             text   NOT NULL,
    version         bigint NOT NULL,
    writer          uuid   NOT NULL,
    previous_writer uuid,
    PRIMARY KEY (topic, key)
) WITH (fillfactor = 70);

-- Events that are said but not yet acknowledged by Kafka.
CREATE TABLE outbox (
    shard       smallint    NOT NULL,
    position    bigint      GENERATED ALWAYS AS IDENTITY (CACHE 1),
    topic       text        NOT NULL,
    key         text        NOT NULL,
    sequence    bigint      NOT NULL,
    headers     text        NOT NULL,
    value       bytea       NOT NULL,
    appended_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (shard, position)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);

-- Which relay may publish a shard, and until when by the database's clock.
CREATE TABLE leases (
    shard      smallint    PRIMARY KEY,
    holder     uuid,
    expires_at timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);
INSERT INTO leases (shard) SELECT generate_series(0, 15);

-- Messages that could not take effect, and those of the same key behind them.
CREATE TABLE dead_letters (
    id         uuid        PRIMARY KEY,
    topic      text        NOT NULL,
    partition  int         NOT NULL,
    "offset"   bigint      NOT NULL,
    key        text,
    source     text,
    event_id   text,
    type       text,
    headers    jsonb       NOT NULL,
    value      bytea,
    reason     text        NOT NULL,
    detail     jsonb       NOT NULL DEFAULT '{}',
    trace_id   text,
    parked_at  timestamptz NOT NULL DEFAULT now(),
    state      text        NOT NULL DEFAULT 'parked' CHECK (state IN ('parked', 'replayed', 'discarded')),
    UNIQUE (topic, partition, "offset")
);
CREATE INDEX dead_letters_of_key ON dead_letters (topic, key) WHERE state = 'parked';

-- Keys whose messages park; a batch reads them FOR SHARE, a replay locks them FOR UPDATE.
CREATE TABLE parked_keys (
    topic     text        NOT NULL,
    key       text        NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, key)
);

-- Who replayed or discarded what, and why.
CREATE TABLE delivery_acts (
    position    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dead_letter uuid        NOT NULL REFERENCES dead_letters,
    act         text        NOT NULL,
    who         text        NOT NULL,
    why         text        NOT NULL,
    at          timestamptz NOT NULL DEFAULT now()
);

-- Messages about something that is not known here yet.
CREATE TABLE waiting (
    position  bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind      text        NOT NULL,
    id        text        NOT NULL,
    topic     text        NOT NULL,
    partition int         NOT NULL,
    "offset"  bigint      NOT NULL,
    key       text,
    headers   text        NOT NULL,
    value     bytea,
    held_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX waiting_for ON waiting (kind, id);

-- The relays that are alive, so that each takes its share of the shards.
CREATE TABLE relays (
    holder     uuid        PRIMARY KEY,
    expires_at timestamptz NOT NULL
);
