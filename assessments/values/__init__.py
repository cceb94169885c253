"""The values of answers: how each kind of part is parsed, shown and exported. Read kinds, then answers."""
