-- Days are too coarse to tell whether a session changed before a plan was declined or because of that.
ALTER TABLE sessions ADD COLUMN loosened_at timestamptz;
ALTER TABLE plan_runs ADD COLUMN declined_at timestamptz;
