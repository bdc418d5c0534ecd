-- Which findings of a visit that cannot wait were told already.
ALTER TABLE visits ADD COLUMN escalated text[] NOT NULL DEFAULT '{}';
