-- The business date, and when it was told to begin: what is dated after it is not taken.
CREATE TABLE calendar (
    calendar   text        PRIMARY KEY DEFAULT 'VN',
    today      date        NOT NULL,
    started_at timestamptz NOT NULL
);
