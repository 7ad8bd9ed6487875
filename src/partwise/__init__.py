"""partwise: non-negative matrix factorization, from raw file to readable parts."""
