-- Who vouches for a number, and within which unit it means something (a number of the state means the same everywhere).
ALTER TABLE identifiers ADD COLUMN verified_by text, ADD COLUMN scope uuid;

-- Keyed hashes under which other spellings of a person meet: all words of the name in any order with the birth date;
-- the same words within a unit; birth date and sex with the first, and with the last word. The middle and the end of a
-- citizen's number tell a slip of the finger from another person without either being opened.
ALTER TABLE persons ADD COLUMN spelled bigint, ADD COLUMN named bigint, ADD COLUMN first_word bigint,
    ADD COLUMN last_word bigint, ADD COLUMN number_middle int, ADD COLUMN number_end int;
DROP INDEX persons_peer, persons_peer_without_number;
ALTER TABLE persons DROP COLUMN peer, DROP COLUMN numbered;
CREATE INDEX persons_spelled ON persons (spelled);
CREATE INDEX persons_named ON persons (named);
CREATE INDEX persons_first_word ON persons (first_word);
CREATE INDEX persons_last_word ON persons (last_word);

-- A doubt, and the word of the registrar who looked: `same` pairs are the links that make workers one person.
ALTER TABLE reviews ADD COLUMN review_id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'same', 'different'));
CREATE UNIQUE INDEX reviews_by_id ON reviews (review_id);
CREATE INDEX reviews_of_other ON reviews (other_id);
CREATE INDEX reviews_open ON reviews (found_at, review_id) WHERE state = 'open';

-- Every word that was ever given on a review.
CREATE TABLE review_decisions (
    review_id  uuid        NOT NULL,
    decision   text        NOT NULL CHECK (decision IN ('same', 'different', 'undo')),
    ground     text        NOT NULL,
    party      text,
    actor      text,
    ref        text        NOT NULL,
    decided_at timestamptz NOT NULL
);
CREATE INDEX review_decisions_of_review ON review_decisions (review_id);

-- Who stands for whom, of those who were ever merged; everybody else stands for themself.
CREATE TABLE merges (
    worker_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    version   int  NOT NULL
);
CREATE INDEX merges_of_person ON merges (person_id);

-- The person whom a worker is.
CREATE FUNCTION person_of(worker uuid) RETURNS uuid LANGUAGE sql STABLE AS $$
    SELECT coalesce((SELECT person_id FROM merges WHERE worker_id = worker), worker)
$$;
