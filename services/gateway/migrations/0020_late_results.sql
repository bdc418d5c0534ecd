-- How many of a closed campaign's people were examined by conclusions that came after the closing.
ALTER TABLE closings ADD COLUMN examined_late int NOT NULL DEFAULT 0;
