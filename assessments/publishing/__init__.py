"""Publishing: a verified case becomes a numbered, signed result (``assessments.result`` holds its records).

Read content first (what a result says), then publication (the act), files (the signed file, and its check
without a network) and words (the questionnaire in whose words it reads).
"""
