-- A decline that comes before its plan counts for the campaign that it names alone; whose plan it is, the plan says.
ALTER TABLE plans ADD COLUMN known boolean NOT NULL DEFAULT true;
ALTER TABLE plans DROP CONSTRAINT plans_pkey, ADD PRIMARY KEY (plan_id, campaign_id);
CREATE UNIQUE INDEX plans_known ON plans (plan_id) WHERE known;
