-- Since when somebody's change is known: what is older than anybody builds on is forgotten.
ALTER TABLE field_changes ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now();
CREATE INDEX field_changes_recorded_at ON field_changes USING brin (recorded_at);
