-- Why a plan is as it is, and where a make-up session is missing.
ALTER TABLE plan_turns ADD COLUMN reason text;

CREATE TABLE plan_sessions (
    plan_id    uuid  NOT NULL,
    session_id uuid  NOT NULL,
    clinic_id  text  NOT NULL,
    body       jsonb NOT NULL,
    PRIMARY KEY (plan_id, session_id)
);

CREATE TABLE plan_places (
    plan_id         uuid  NOT NULL,
    unit_id         uuid  NOT NULL,
    health_check_id uuid  NOT NULL,
    session_id      uuid,
    body            jsonb NOT NULL,
    PRIMARY KEY (plan_id, unit_id, health_check_id)
);

CREATE TABLE make_up_sessions (
    campaign_id uuid    NOT NULL,
    site        text    NOT NULL,
    on_day      date    NOT NULL,
    people      int     NOT NULL,
    urgent      int     NOT NULL,
    stations    jsonb   NOT NULL,
    bnn         boolean NOT NULL,
    latest      date,
    PRIMARY KEY (campaign_id, site, on_day)
);
