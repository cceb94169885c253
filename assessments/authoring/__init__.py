"""Making the questionnaire: its published versions, and the drafts from which the next one comes.

Read versions first, then drafts, guides (a topic's guide, by a form) and put_away. What is done to the
text of a pack stands in ``assessments.questionnaire.editing``.
"""
