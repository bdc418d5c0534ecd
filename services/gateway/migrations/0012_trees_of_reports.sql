-- The day whose tree a class mix was added up by; until now, the day of the closing.
ALTER TABLE class_mixes ADD COLUMN tree_as_of date;
UPDATE class_mixes SET tree_as_of = as_of;
ALTER TABLE class_mixes ALTER COLUMN tree_as_of SET NOT NULL;
