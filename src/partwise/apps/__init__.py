"""Applications: from raw data of one field to its answer, over the public estimators. They do not know each other."""
