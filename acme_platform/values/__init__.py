"""Values: which texts each type accepts, and what is said of the others."""
