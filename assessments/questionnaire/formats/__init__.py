"""Questionnaires of others: read to a neutral draft with a report, written so that they come back unchanged.

Nothing here publishes. ``files`` is the door; below it stand one reader and one writer a format.
"""
