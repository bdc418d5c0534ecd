"""Every SQL statement of results, by noun."""

# --- workers and visits -------------------------------------------------------------------------------------------

PUT_WORKERS = """
INSERT INTO workers (worker_id, employer_id, sex, born, heavy, hazards, begun, since)
SELECT worker_id, employer_id, sex, born, heavy, string_to_array(hazards, ' '), begun, since
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::boolean[], $6::text[], $7::jsonb[], $8::date[])
    AS fact (worker_id, employer_id, sex, born, heavy, hazards, begun, since)
ON CONFLICT (worker_id) DO UPDATE SET employer_id = excluded.employer_id, sex = excluded.sex, born = excluded.born,
    heavy = excluded.heavy, hazards = excluded.hazards, begun = excluded.begun,
    past = CASE WHEN excluded.since <= workers.since OR
                (workers.heavy, workers.hazards, workers.begun) = (excluded.heavy, excluded.hazards, excluded.begun)
           THEN workers.past ELSE workers.past || jsonb_build_object(
               'since', workers.since, 'heavy', workers.heavy, 'hazards', to_jsonb(workers.hazards),
               'begun', workers.begun) END,
    since = CASE WHEN
                (workers.heavy, workers.hazards, workers.begun) = (excluded.heavy, excluded.hazards, excluded.begun)
            THEN workers.since ELSE greatest(workers.since, excluded.since) END
"""
TODAY = "SELECT today, started_at FROM calendar"
# Days only go forward; when a day was told to begin is the instant of its event.
START_DAY = """
INSERT INTO calendar AS known (today, started_at) VALUES ($1, $2)
ON CONFLICT (calendar) DO UPDATE SET today = excluded.today, started_at = excluded.started_at
WHERE known.today < excluded.today RETURNING today
"""
PUT_VISITS = """
INSERT INTO visits (visit_id, worker_id, unit_id, campaign_id, clinic_id, day, stations)
SELECT visit_id, worker_id, unit_id, campaign_id, clinic_id, day, string_to_array(stations, ' ')
FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::date[], $7::text[])
    AS fact (visit_id, worker_id, unit_id, campaign_id, clinic_id, day, stations)
ON CONFLICT (visit_id) DO UPDATE SET clinic_id = excluded.clinic_id, day = excluded.day, stations = excluded.stations
WHERE visits.version = 0 AND
    (visits.clinic_id, visits.day, visits.stations) <> (excluded.clinic_id, excluded.day, excluded.stations)
"""
# Two messages about one visit meet here.
LOCK_VISITS = """
SELECT visits.*, workers.sex, workers.born, exposed.heavy, exposed.hazards, workers.employer_id
FROM visits LEFT JOIN workers USING (worker_id) LEFT JOIN LATERAL exposed_on(workers, visits.day) AS exposed ON true
WHERE visit_id = ANY($1::uuid[]) ORDER BY visit_id FOR UPDATE OF visits
"""
SET_VERSIONS = """
UPDATE visits SET version = said.version FROM unnest($1::uuid[], $2::int[]) AS said (visit_id, version)
WHERE visits.visit_id = said.visit_id
"""

# --- records ------------------------------------------------------------------------------------------------------

ADD_RECORDS = """
INSERT INTO records (source, visit_id, station, recorded_at, examiner_licence, findings, not_done)
SELECT * FROM unnest($1::text[], $2::uuid[], $3::text[], $4::timestamptz[], $5::text[], $6::jsonb[], $7::text[])
ON CONFLICT DO NOTHING
"""
# Returns the visits of which every station of the package has reported.
NOTE_RECEIVED = """
UPDATE visits SET received = CASE WHEN said.station = ANY(received) THEN received ELSE received || said.station END
FROM unnest($1::uuid[], $2::text[]) AS said (visit_id, station)
WHERE visits.visit_id = said.visit_id
RETURNING visits.visit_id, (stations <@ (received || ARRAY['REC'])) AS complete
"""
NOTE_ESCALATED = """
UPDATE visits SET escalated = escalated || string_to_array(said.codes, ' ')
FROM unnest($1::uuid[], $2::text[]) AS said (visit_id, codes) WHERE visits.visit_id = said.visit_id
"""
RECORDS_OF = """
SELECT visit_id, source, station, findings, not_done, answered FROM records
WHERE visit_id = ANY($1::uuid[]) ORDER BY visit_id, recorded_at, source
"""
MARK_ANSWERED = "UPDATE records SET answered = true WHERE visit_id = ANY($1::uuid[]) AND NOT answered"

# --- conclusions --------------------------------------------------------------------------------------------------

ADD_CONCLUSIONS = """
INSERT INTO conclusions (visit_id, version, concluded_on, doctor_licence, proposed_class, final_class, tumour_class,
    diseases, restrictions, reason, rule_set)
SELECT visit_id, version, concluded_on, doctor_licence, proposed_class, final_class, tumour_class,
    string_to_array(diseases, ';'), string_to_array(restrictions, ';'), reason, rule_set
FROM unnest($1::uuid[], $2::int[], $3::date[], $4::text[], $5::int[], $6::int[], $7::int[], $8::text[], $9::text[],
    $10::text[], $11::text[]) AS said (visit_id, version, concluded_on, doctor_licence, proposed_class, final_class,
    tumour_class, diseases, restrictions, reason, rule_set)
"""
LAST_CONCLUSIONS = """
SELECT DISTINCT ON (visit_id) visit_id, concluded_on, proposed_class, tumour_class, rule_set,
    first_value(concluded_on) OVER (PARTITION BY visit_id ORDER BY version) AS first_signed_on
FROM conclusions WHERE visit_id = ANY($1::uuid[]) ORDER BY visit_id, version DESC
"""

# --- merged workers -----------------------------------------------------------------------------------------------

PUT_TURNS = """
INSERT INTO merges (worker_id, person_id, version) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::int[])
ON CONFLICT (worker_id) DO UPDATE SET person_id = excluded.person_id, version = excluded.version
WHERE merges.version < excluded.version
"""

# --- follow-ups ---------------------------------------------------------------------------------------------------

# Returns those that are new: an amendment opens only what its first version did not.
ADD_FOLLOW_UPS = """
INSERT INTO follow_ups (follow_up_id, visit_id, worker_id, unit_id, campaign_id, kind, reason, due_on)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::text[], $8::date[])
ON CONFLICT DO NOTHING RETURNING follow_up_id
"""
LOCK_FOLLOW_UPS = """
SELECT follow_ups.*, visits.clinic_id, visits.day FROM follow_ups JOIN visits USING (visit_id)
WHERE follow_up_id = ANY($1::uuid[]) ORDER BY follow_up_id FOR UPDATE OF follow_ups
"""
CLOSE_FOLLOW_UPS = """
UPDATE follow_ups SET closed_on = said.closed_on, outcome = said.outcome
FROM unnest($1::uuid[], $2::date[], $3::text[]) AS said (follow_up_id, closed_on, outcome)
WHERE follow_ups.follow_up_id = said.follow_up_id
"""
# Units where a finding was made on ten or more people for the first time.
NEW_CLUSTERS = """
INSERT INTO clusters (campaign_id, unit_id, reason)
SELECT campaign_id, unit_id, reason FROM follow_ups
WHERE (campaign_id, unit_id, reason) IN (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::text[]))
  AND kind = 'occupational_disease_suspected'
GROUP BY 1, 2, 3 HAVING count(DISTINCT person_of(worker_id)) >= $4
ON CONFLICT DO NOTHING RETURNING campaign_id, unit_id, reason
"""
