-- What a follow-up is for in words, and the legal source of its clock.
ALTER TABLE follow_ups ADD COLUMN text_vi text, ADD COLUMN text_en text, ADD COLUMN legal_source text;
