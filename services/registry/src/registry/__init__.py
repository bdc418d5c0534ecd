"""Who is to be examined: organisations, lines, rosters, workers, and, for nobody else to know, who they are."""
