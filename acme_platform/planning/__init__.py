"""Plans: what a run or an edit will do, said before it is done."""
