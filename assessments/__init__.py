"""What an assessment is: words, states, rules and records, free of any web framework.

What everything rests on stands here; the rest has rooms, and each room's first lines say what it is for and
where to begin. A module imports only what is read before it. The reading order is the contract
``domain-layers`` in pyproject.toml, read from its last line (base) to its first (policy), and one contract
for each room; they name every module, and ``make check`` holds them.
"""
