"""Published versions: their stored form, what changed between two, what becomes of answers."""
