-- Days are too coarse to tell whether a plan that was declined had seen what a session has room for since.
ALTER TABLE sessions ADD COLUMN loosened_at timestamptz;
