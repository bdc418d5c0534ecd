-- How many of a closed campaign's people were examined by conclusions that came after their final state was given, as said last.
ALTER TABLE campaigns ADD COLUMN examined_late int NOT NULL DEFAULT 0;
