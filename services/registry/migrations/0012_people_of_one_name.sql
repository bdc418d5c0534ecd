-- A unit of a hundred thousand has hundreds of one name: those whose numbers cannot be one number are not even read.
DROP INDEX persons_named;
CREATE INDEX persons_named_end ON persons (named, number_end);
CREATE INDEX persons_named_middle ON persons (named, number_middle);
