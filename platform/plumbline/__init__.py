"""Plumbline's machinery: web pages, API, jobs and storage around the domain in ``assessments``."""
