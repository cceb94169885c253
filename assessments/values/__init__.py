"""The values of answers: how each kind of part is parsed, shown and exported. Use them through answers.py."""
