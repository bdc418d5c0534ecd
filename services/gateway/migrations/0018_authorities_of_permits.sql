-- Who granted a permit, and so may end it; null where that was not noted yet.
ALTER TABLE permits ADD COLUMN authority text;
