-- Who stands for whom, of workers who were ever merged; of a worker's turns the highest version holds.
CREATE TABLE merges (
    worker_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    version   integer NOT NULL
);
CREATE INDEX merges_of_person ON merges (person_id);

-- A person is examined once in a campaign: of their checks one counts, the others are joined to it. Those that had no
-- visit yet are in the state `joined` meanwhile, and `gave_up_*` is the seat that they had.
ALTER TABLE health_checks ADD COLUMN joined_to uuid, ADD COLUMN gave_up_session uuid, ADD COLUMN gave_up_window smallint,
    DROP CONSTRAINT health_checks_state_check,
    ADD CONSTRAINT health_checks_state_check
        CHECK (state IN ('open', 'booked', 'attended', 'fulfilled', 'left', 'refused', 'joined'));
CREATE INDEX health_checks_joined ON health_checks (joined_to) WHERE joined_to IS NOT NULL;
