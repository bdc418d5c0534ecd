-- Nobody asks for everything below a node any more: who may speak is found upwards, by `organisation_on`.
DROP FUNCTION subtree_as_of(uuid, date);
