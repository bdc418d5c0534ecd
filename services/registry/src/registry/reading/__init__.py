"""Cells of a roster to persons, with all that is wrong said at once. Pure: no I/O, no clock."""
