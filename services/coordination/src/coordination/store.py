"""Every SQL statement of coordination, by noun."""

# --- days ---------------------------------------------------------------------------------------------------------

DAY = "SELECT day FROM days WHERE calendar = $1"
# For whoever moves it on.
LOCK_DAY = f"{DAY} FOR UPDATE"
SET_DAY = """
INSERT INTO days (calendar, day, simulated) VALUES ($1, $2, $3)
ON CONFLICT (calendar) DO UPDATE SET day = excluded.day, simulated = excluded.simulated
"""

# --- organisations ------------------------------------------------------------------------------------------------

PUT_ORGANISATIONS = """
INSERT INTO organisations (organisation_id, valid_from, kind, parent_id)
SELECT * FROM unnest($1::uuid[], $2::date[], $3::text[], $4::uuid[]) ORDER BY 1, 2
ON CONFLICT (organisation_id, valid_from) DO UPDATE SET kind = excluded.kind, parent_id = excluded.parent_id
"""
TREE_AS_OF = """
SELECT DISTINCT ON (organisation_id) organisation_id, parent_id, kind FROM organisations
WHERE valid_from <= $1 ORDER BY organisation_id, valid_from DESC
"""

# --- approvals ----------------------------------------------------------------------------------------------------

LOCK_PROGRAMME = "SELECT title, valid_from, valid_to, signed_at FROM programmes WHERE programme_id = $1 FOR UPDATE"
LOCK_CAMPAIGN = """
SELECT programme_id, proposal, state, digest, figures, tree_as_of FROM campaigns WHERE campaign_id = $1 FOR UPDATE
"""
LOCK_PLAN = "SELECT campaign_id, approved_at, given_up FROM plans WHERE plan_id = $1 AND known FOR UPDATE"
ADD_PROGRAMME = """
INSERT INTO programmes (programme_id, title, union_unit_id, authority_id, valid_from, valid_to)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING
"""
ADD_CAMPAIGN = """
INSERT INTO campaigns (campaign_id, programme_id, proposal, period_from, period_to, rosters_due, coverage_pct)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING
"""
# Nobody's word stands on it: it was refused, and another may be proposed under its id.
DROP_REFUSED_PROGRAMME = """
DELETE FROM programmes WHERE programme_id = $1
    AND NOT EXISTS (SELECT FROM approvals WHERE subject = 'programme' AND subject_id = $1)
"""
DROP_REFUSED_CAMPAIGN = """
DELETE FROM campaigns WHERE campaign_id = $1
    AND NOT EXISTS (SELECT FROM approvals WHERE subject = 'campaign' AND subject_id = $1)
"""
ADD_PLANS = """
INSERT INTO plans (plan_id, campaign_id)
SELECT DISTINCT * FROM unnest($1::uuid[], $2::uuid[]) AS plan (plan_id, campaign_id) ORDER BY plan_id
ON CONFLICT (plan_id, campaign_id) DO UPDATE SET known = true
"""
# Of a plan that nobody proposed yet; the plan's own row may be written at the same moment, and then is the one.
ADD_UNKNOWN_PLAN = "INSERT INTO plans (plan_id, campaign_id, known) VALUES ($1, $2, false) ON CONFLICT DO NOTHING"
GIVE_UP_PLANS = """
UPDATE plans SET given_up = true
WHERE (plan_id, campaign_id) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[]))
"""
SIGNATORIES = """
SELECT 'unions/' || union_unit_id AS unions, 'health/' || authority_id AS health FROM programmes
WHERE programme_id = $1 OR programme_id = (SELECT programme_id FROM campaigns WHERE campaign_id = $1)
"""
APPROVALS_OF = "SELECT party_class, party, actor FROM approvals WHERE subject = $1 AND subject_id = $2"
ADD_APPROVAL = """
INSERT INTO approvals (subject, subject_id, party_class, party, actor, approved_at) VALUES ($1, $2, $3, $4, $5, $6)
"""
SIGN_PROGRAMME = "UPDATE programmes SET signed_at = $2 WHERE programme_id = $1"
OPEN_CAMPAIGN = "UPDATE campaigns SET state = 'opened', tree_as_of = $2 WHERE campaign_id = $1"
APPROVE_PLAN = "UPDATE plans SET approved_at = $2 WHERE plan_id = $1 AND known"
CLOSE_CAMPAIGN = "UPDATE campaigns SET state = 'closed' WHERE campaign_id = $1"

# --- scope --------------------------------------------------------------------------------------------------------

# A unit's demand may be declared before the campaign opens here; what is known already stays.
ADD_CAMPAIGN_UNITS = """
INSERT INTO campaign_units (campaign_id, unit_id, target_pct)
SELECT $1, * FROM unnest($2::uuid[], $3::int[]) ORDER BY 2
ON CONFLICT (campaign_id, unit_id) DO UPDATE SET target_pct = excluded.target_pct
"""
CLOSE_ROSTERS = """
UPDATE campaign_units SET rosters_closed = true
FROM unnest($1::uuid[], $2::uuid[]) AS closed (campaign_id, unit_id)
WHERE (campaign_units.campaign_id, campaign_units.unit_id) = (closed.campaign_id, closed.unit_id)
"""
DECLARE_DEMAND = """
UPDATE campaign_units SET workers = declared.workers, due = declared.due
FROM unnest($1::uuid[], $2::uuid[], $3::int[], $4::int[]) AS declared (campaign_id, unit_id, workers, due)
WHERE (campaign_units.campaign_id, campaign_units.unit_id) = (declared.campaign_id, declared.unit_id)
"""
# Whoever writes units of a campaign that is not frozen yet, or adds checks to them, meets here first: of two
# transactions at once, the later one to get the row counts what the other has committed, so that one of them sees the
# last check arrive. One row for all units, because a transaction takes several batches, whose units are in no common
# order.
LOCK_OPENED = """
SELECT FROM campaigns WHERE campaign_id = ANY($1::uuid[]) AND state = 'opened' ORDER BY campaign_id FOR UPDATE
"""
# A unit is complete when as many checks have arrived as scheduling said there are. Returns the campaigns touched.
COMPLETE_UNITS = """
UPDATE campaign_units AS unit SET complete = true
FROM (SELECT DISTINCT * FROM unnest($1::uuid[], $2::uuid[]) AS touched (campaign_id, unit_id)) AS touched
WHERE (unit.campaign_id, unit.unit_id) = (touched.campaign_id, touched.unit_id)
  AND NOT unit.complete AND unit.due IS NOT NULL
  AND unit.due <= (SELECT count(*) FROM people
                   WHERE people.campaign_id = unit.campaign_id AND people.unit_id = unit.unit_id
                     AND people.late_joiner = false)
RETURNING unit.campaign_id
"""
KNOWN_CAMPAIGNS = """
SELECT campaign_id FROM campaigns WHERE campaign_id = ANY($1::uuid[]) AND state <> 'proposed'
"""
# Freezing waits for every unit, or for its day; a unit that has closed its rosters is waited for beyond that day.
LOCK_FREEZABLE = """
SELECT campaign_id, tree_as_of FROM campaigns AS campaign
WHERE state = 'opened' AND ($1::uuid[] IS NULL OR campaign_id = ANY($1::uuid[]))
  AND NOT EXISTS (SELECT FROM campaign_units AS unit
                  WHERE unit.campaign_id = campaign.campaign_id AND NOT unit.complete
                    AND ($2::date IS NULL OR $2::date <= campaign.rosters_due + 1 OR unit.rosters_closed))
FOR UPDATE OF campaign
"""
FREEZE_CAMPAIGN = "UPDATE campaigns SET state = 'frozen' WHERE campaign_id = $1"
FREEZE_UNITS = "UPDATE campaign_units SET in_scope = complete WHERE campaign_id = $1"
DENOMINATORS = """
SELECT unit_id, workers, due, in_scope FROM campaign_units WHERE campaign_id = $1 ORDER BY unit_id
"""

# --- people -------------------------------------------------------------------------------------------------------

# Every fact has its own columns, so that facts may arrive in any order. All statements return nothing. Rows are written
# in the order of their keys: two batches that write the same people never wait for each other crosswise.
PEOPLE_DUE = """
INSERT INTO people (campaign_id, worker_id, unit_id, health_check_id, late_joiner)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::boolean[]) ORDER BY 1, 2
ON CONFLICT (campaign_id, worker_id) DO UPDATE
SET health_check_id = excluded.health_check_id, late_joiner = excluded.late_joiner, unit_id = excluded.unit_id,
    ended = NULL
"""
# Whoever writes a person's days holds the person, so that the last of them is the last of all.
LOCK_PLANNED = """
INSERT INTO people (campaign_id, worker_id, unit_id)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) ORDER BY 1, 2
ON CONFLICT (campaign_id, worker_id) DO UPDATE SET planned_on = people.planned_on
"""
PUT_PLANNED_DAYS = """
INSERT INTO planned_days (appointment_id, campaign_id, worker_id, day)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::date[]) ORDER BY 1
ON CONFLICT (appointment_id) DO UPDATE SET day = excluded.day
"""
PEOPLE_PLANNED = """
UPDATE people SET planned_on = (
    SELECT max(day) FROM planned_days AS day_of
    WHERE day_of.campaign_id = told.campaign_id AND day_of.worker_id = told.worker_id)
FROM unnest($1::uuid[], $2::uuid[]) AS told (campaign_id, worker_id)
WHERE people.campaign_id = told.campaign_id AND people.worker_id = told.worker_id
"""
PEOPLE_VISITED = """
INSERT INTO people (campaign_id, worker_id, unit_id, visits)
SELECT campaign_id, worker_id, unit_id, count(*)
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS fact (campaign_id, worker_id, unit_id) GROUP BY 1, 2, 3 ORDER BY 1, 2
ON CONFLICT (campaign_id, worker_id) DO UPDATE SET visits = people.visits + excluded.visits
"""
PEOPLE_MISSED = """
INSERT INTO people (campaign_id, worker_id, unit_id, missed)
SELECT campaign_id, worker_id, unit_id, count(*)
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS fact (campaign_id, worker_id, unit_id) GROUP BY 1, 2, 3 ORDER BY 1, 2
ON CONFLICT (campaign_id, worker_id) DO UPDATE SET missed = people.missed + excluded.missed
"""
PEOPLE_EXAMINED = """
INSERT INTO people (campaign_id, worker_id, unit_id, examined_on)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::date[]) ORDER BY 1, 2
ON CONFLICT (campaign_id, worker_id) DO UPDATE SET examined_on = least(people.examined_on, excluded.examined_on)
"""
PEOPLE_ENDED = """
INSERT INTO people (campaign_id, worker_id, unit_id, ended)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) ORDER BY 1, 2
ON CONFLICT (campaign_id, worker_id) DO UPDATE SET ended = excluded.ended
"""
MARK_CHANGED = "INSERT INTO changes (campaign_id) SELECT DISTINCT unnest($1::uuid[])"

# --- merged workers -----------------------------------------------------------------------------------------------

PUT_TURNS = """
INSERT INTO merges (worker_id, person_id, version) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[])
ON CONFLICT (worker_id) DO UPDATE SET person_id = excluded.person_id, version = excluded.version
WHERE merges.version < excluded.version
"""
MARK_PERSONS_CHANGED = """
INSERT INTO changes (campaign_id) SELECT DISTINCT campaign_id FROM people WHERE worker_id = ANY($1::uuid[])
"""

# --- coverage -----------------------------------------------------------------------------------------------------

CAMPAIGNS_TO_COUNT = """
SELECT campaign_id, state, period_to, coverage_pct, tree_as_of FROM campaigns
WHERE state IN ('frozen', 'closing') ORDER BY campaign_id FOR UPDATE
"""
# Every batch leaves a mark of its own, and those that are taken are of people who can be seen from then on.
TAKE_CHANGES = """
DELETE FROM changes USING campaigns AS campaign
WHERE campaign.campaign_id = changes.campaign_id AND campaign.state NOT IN ('proposed', 'opened')
RETURNING changes.campaign_id
"""
# One row per unit: in scope are those whose check was due before their unit's demand was declared in time.
OWN_FIGURES = """
SELECT unit_id,
    count(*) FILTER (WHERE counted AND in_scope) AS in_scope,
    count(*) FILTER (WHERE counted AND in_scope AND state = 'examined') AS examined,
    count(*) FILTER (WHERE counted AND in_scope AND state = 'no_show') AS no_show,
    count(*) FILTER (WHERE counted AND in_scope AND state = 'refused') AS refused,
    count(*) FILTER (WHERE counted AND in_scope AND state = 'deferred') AS deferred,
    count(*) FILTER (WHERE counted AND in_scope AND state = 'left') AS "left",
    count(*) FILTER (WHERE counted AND in_scope AND state IS NULL) AS pending,
    coalesce(sum(visits), 0) AS visits,
    count(*) FILTER (WHERE counted AND NOT in_scope AND is_known) AS late_joiners,
    count(*) FILTER (WHERE counted AND NOT in_scope AND is_known AND examined) AS late_joiners_examined,
    count(*) FILTER (WHERE counted AND in_scope AND planned_on <= $2) AS planned
FROM (
    SELECT *, CASE WHEN final_state IS NOT NULL THEN final_state WHEN examined THEN 'examined' ELSE ended END AS state
    FROM counted_people WHERE campaign_id = $1
) AS person GROUP BY unit_id
"""
LAST_COVERAGE = "SELECT unit_id, figures FROM coverage WHERE campaign_id = $1"
PUT_COVERAGE = """
INSERT INTO coverage (campaign_id, unit_id, as_of, figures)
SELECT $1, unit_id, $2, figures FROM unnest($3::uuid[], $4::jsonb[]) AS counted (unit_id, figures)
ON CONFLICT (campaign_id, unit_id) DO UPDATE SET as_of = excluded.as_of, figures = excluded.figures
"""
UNIT_TARGETS = "SELECT unit_id, target_pct FROM campaign_units WHERE campaign_id = $1"

# --- closing ------------------------------------------------------------------------------------------------------

LOCK_PEOPLE = "SELECT FROM people WHERE campaign_id = $1 ORDER BY worker_id FOR UPDATE"
PEOPLE_TO_CLOSE = """
SELECT worker_id, health_check_id, examined, ended, missed FROM counted_people
WHERE campaign_id = $1 AND counted AND in_scope
"""
SET_FINAL_STATES = """
UPDATE people SET final_state = final.state
FROM unnest($2::uuid[], $3::text[]) AS final (worker_id, state)
WHERE people.campaign_id = $1 AND people.worker_id = final.worker_id
"""
# After the final states: who is counted is settled.
JOINED_CHECKS = """
WITH person AS (
    SELECT health_check_id, counted, coalesce(person_id, worker_id) AS person_id
    FROM counted_people LEFT JOIN merges USING (worker_id) WHERE campaign_id = $1 AND health_check_id IS NOT NULL
)
SELECT other.health_check_id, kept.health_check_id AS joined_to
FROM person AS other JOIN person AS kept ON kept.person_id = other.person_id AND kept.counted
WHERE NOT other.counted ORDER BY other.health_check_id LIMIT $2
"""
# What was given as final stays; returns the closed campaigns of which another number is to be said.
SUPPLEMENT_CLOSINGS = """
UPDATE campaigns SET examined_late = late.people
FROM (
    SELECT campaign_id, (
        SELECT count(*) FROM counted_people AS person
        WHERE person.campaign_id = closed.campaign_id AND counted AND in_scope AND examined
          AND final_state <> 'examined'
    )::int AS people
    FROM campaigns AS closed WHERE campaign_id = ANY($1::uuid[]) AND state = 'closed'
) AS late
WHERE campaigns.campaign_id = late.campaign_id AND campaigns.examined_late <> late.people
RETURNING campaigns.campaign_id, campaigns.digest, campaigns.examined_late
"""
BEGIN_CLOSING = "UPDATE campaigns SET state = 'closing' WHERE campaign_id = $1"
PROPOSE_CLOSING = "UPDATE campaigns SET digest = $2, figures = $3 WHERE campaign_id = $1"
SIGNING_SEED = """
WITH made AS (INSERT INTO signing_keys (seed) VALUES ($1) ON CONFLICT DO NOTHING RETURNING seed)
SELECT seed FROM made UNION ALL SELECT seed FROM signing_keys LIMIT 1
"""

# --- alerts -------------------------------------------------------------------------------------------------------

NEW_ALERTS = """
INSERT INTO alerts (campaign_id, unit_id, kind, month)
SELECT $1, unit_id, $3, $4 FROM unnest($2::uuid[]) AS behind (unit_id) ON CONFLICT DO NOTHING RETURNING unit_id
"""
ROSTERS_MISSING = """
SELECT campaign_id, rosters_due, array_agg(unit_id) AS unit_ids FROM campaigns JOIN campaign_units USING (campaign_id)
WHERE state = 'opened' AND rosters_due < $1 AND NOT rosters_closed
GROUP BY campaign_id, rosters_due ORDER BY campaign_id
"""
OPEN_FOLLOW_UPS = """
INSERT INTO follow_ups (follow_up_id, campaign_id, unit_id, due_on)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::date[]) ORDER BY 1
ON CONFLICT (follow_up_id) DO UPDATE
SET campaign_id = excluded.campaign_id, unit_id = excluded.unit_id, due_on = excluded.due_on
"""
CLOSE_FOLLOW_UPS = """
INSERT INTO follow_ups (follow_up_id, closed_on) SELECT * FROM unnest($1::uuid[], $2::date[]) ORDER BY 1
ON CONFLICT (follow_up_id) DO UPDATE SET closed_on = excluded.closed_on
"""
OVERDUE_FOLLOW_UPS = """
SELECT count(*) FROM follow_ups WHERE campaign_id = $1 AND due_on < $2 AND closed_on IS NULL
"""
