"""The legal deadline of conclusions that came here and have not had their effect."""

from shared.lateness import Deadline

# To the national portal within 24 hours (QĐ 1551/QĐ-BYT, as amended by QĐ 2062/QĐ-BYT): parked, waiting for a visit or
# a worker, or said here and not yet acknowledged by Kafka. Reckoned from when it came; the edge knows when it was said.
CONCLUSION = """
SELECT extract(epoch FROM min(since) + interval '24 hours' - now())::float / 60 FROM (
    SELECT parked_at AS since FROM dead_letters
    WHERE state = 'parked' AND type LIKE 'vn.khamdoan.clinics.examination.%'
    UNION ALL
    SELECT held_at FROM waiting WHERE topic = 'clinics.examinations'
      AND headers::jsonb ->> 'ce_type' LIKE 'vn.khamdoan.clinics.examination.%'
    UNION ALL
    SELECT appended_at FROM outbox WHERE topic = 'results.examinations'
) AS open
"""

DEADLINES = (Deadline("conclusion", CONCLUSION),)
