-- Whoever writes these rows writes their worker in the same transaction, and no worker is ever deleted; checking every
-- row again, and locking its worker for it, was a third of what a large roster cost.
ALTER TABLE persons DROP CONSTRAINT persons_worker_id_fkey;
ALTER TABLE identifiers DROP CONSTRAINT identifiers_worker_id_fkey;
ALTER TABLE employments DROP CONSTRAINT employments_worker_id_fkey;
