-- Who employs somebody beside the one they count by: each of them may know when they are away, and what work they may do.
ALTER TABLE workers ADD COLUMN other_employers uuid[] NOT NULL DEFAULT '{}';
CREATE INDEX workers_of_other_employers ON workers USING gin (other_employers) WHERE other_employers <> '{}';
