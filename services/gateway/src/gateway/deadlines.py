"""The legal deadlines that run in what passed the edge: minutes left to the nearest of each kind.

Days are reckoned from the business day, whose time of day is the clock's; where the clock starts the days that is now.
What has been overdue for more than a day is the parties' to settle, and coordination has alerted them.
"""

from shared.lateness import Deadline

LOCAL_NOW = """
SELECT max(day) AS today, max(day) + (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::time AS local_now FROM days
"""

# Each concluded examination goes to the national portal within 24 hours (QĐ 1551/QĐ-BYT, as amended by QĐ 2062/QĐ-BYT);
# until results has answered it, it cannot.
CONCLUSION = """
SELECT extract(epoch FROM min(accepted_at) + interval '24 hours' - now())::float / 60 FROM receipts
WHERE state <> 'answered' AND type = ANY(ARRAY['vn.khamdoan.clinics.examination.concluded.v1',
                                               'vn.khamdoan.clinics.examination.amended.v1'])
"""
# Whoever was examined has the results within 20 days (TT 56/2025/TT-BYT arts 4–9).
RESULT = f"""
SELECT extract(epoch FROM min(appointments.day) + 21 - min(local_now))::float / 60
FROM appointments CROSS JOIN ({LOCAL_NOW}) AS present LEFT JOIN visits ON visits.visit_id = appointments.appointment_id
WHERE appointments.state = 'kept' AND appointments.day BETWEEN today - 21 AND today AND visits.visit_id IS NULL
"""  # noqa: S608 - a constant
# Suspected occupational diseases and other findings are followed up by the day that the rule behind them names.
FOLLOW_UP = f"""
SELECT extract(epoch FROM min(due_on) + 1 - min(local_now))::float / 60
FROM follow_ups CROSS JOIN ({LOCAL_NOW}) AS present WHERE closed_on IS NULL AND due_on >= today - 1
"""  # noqa: S608 - a constant

DEADLINES = (Deadline("conclusion", CONCLUSION), Deadline("result", RESULT), Deadline("follow-up", FOLLOW_UP))
