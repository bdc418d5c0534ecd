-- The nearest legal deadline of what has no place is looked up every few seconds.
CREATE INDEX health_checks_open_deadlines ON health_checks (legal_deadline) WHERE state = 'open';
