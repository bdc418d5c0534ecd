-- What a visit's desks found that cannot wait, for the clinic that examines.
CREATE TABLE escalations (
    visit_id   uuid        NOT NULL,
    code       text        NOT NULL,
    clinic_id  text        NOT NULL,
    station    text        NOT NULL,
    told_at    timestamptz NOT NULL,
    message_vi text        NOT NULL,
    message_en text        NOT NULL,
    PRIMARY KEY (visit_id, code)
);
