"""What an assessment is: words, states, rules and records, free of any web framework.

A module imports only what is read before it. The reading order is the contract ``domain-layers`` in
pyproject.toml, read from its last line (base) to its first (policy); it names every module, and ``make
check`` holds it.
"""
