-- What became of something is told for some months after its answer; the row itself knows the event again for ever.
ALTER TABLE receipts ADD COLUMN ended_at timestamptz;
-- Old rows lie together: small indexes find them without a cost to each that is written.
CREATE INDEX receipts_accepted_at ON receipts USING brin (accepted_at);
CREATE INDEX causation_at ON causation USING brin (at);
CREATE INDEX answers_at ON answers USING brin (at);
