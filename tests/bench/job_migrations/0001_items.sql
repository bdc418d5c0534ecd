CREATE TABLE items (
    id      uuid   PRIMARY KEY,
    total   bigint NOT NULL,
    changes int    NOT NULL,
    note    text   NOT NULL
) WITH (fillfactor = 70);
