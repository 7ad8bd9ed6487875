"""The machine: a `Problem` of named parts, one `step`, one generator `iterate`, and who watches it."""
