"""Evidence: a supplier's documents, uploaded once and linked many times.

Read documents first (the records and a version's way through quarantine), then quarantine (what still waits).
"""
