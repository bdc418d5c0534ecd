-- The day of every appointment, null where it was called off. Appointments of one person are told in no common order: each
-- has a row of its own, and people.planned_on is the last of a person's days, whichever was told of first.
CREATE TABLE planned_days (
    appointment_id uuid PRIMARY KEY,
    campaign_id uuid NOT NULL,
    worker_id uuid NOT NULL,
    day date
);
CREATE INDEX planned_days_of_person ON planned_days (campaign_id, worker_id);
