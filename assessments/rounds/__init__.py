"""Rounds: how one opens, begins with the answers of the last, and moves to a newer questionnaire.

Read opening first, then carried and carried_links (the mark on an answer that came along, and its evidence),
moving and taking_over (the two ways of coming along), kept (what is no longer asked) and announcing.
"""
