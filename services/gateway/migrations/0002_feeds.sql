-- One ordered log per party; its row is the lock under which sequence numbers are given, without gaps.
CREATE TABLE feeds (
    party         text    PRIMARY KEY,
    last_sequence bigint  NOT NULL DEFAULT 0,
    on_kafka      boolean NOT NULL DEFAULT false
) WITH (fillfactor = 50);

-- A record, never rebuilt: its sequence numbers are the cursors that parties keep.
CREATE TABLE feed_entries (
    party    text        NOT NULL,
    sequence bigint      NOT NULL,
    source   text        NOT NULL,
    id       text        NOT NULL,
    type     text        NOT NULL,
    at       timestamptz NOT NULL,
    data     text        NOT NULL,
    PRIMARY KEY (party, sequence)
);
