-- How an organisation's papers name its place by the codes before the mergers of 2025.
ALTER TABLE organisations ADD COLUMN former_place jsonb;
