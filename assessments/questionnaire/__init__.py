"""The standardized questionnaire: what is asked, of whom and why."""
