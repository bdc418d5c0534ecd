"""The legal deadline of checks that have no place yet."""

from shared.lateness import Deadline

# Once a year, or every six months (Luật ATVSLĐ art. 21.1). Reckoned from the business day, whose time of day is the
# clock's; what has been overdue for more than a day is in the plans' reasons, and the parties' to settle.
HEALTH_CHECK = """
SELECT extract(epoch FROM min(legal_deadline) + 1
                 - min(today + (now() AT TIME ZONE 'Asia/Ho_Chi_Minh')::time))::float / 60
FROM health_checks CROSS JOIN calendar WHERE state = 'open' AND legal_deadline >= today - 1
"""

DEADLINES = (Deadline("health-check", HEALTH_CHECK),)
