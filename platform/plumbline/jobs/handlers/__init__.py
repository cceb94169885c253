"""One module per kind of job; each registers itself (``plumbline.jobs.registry``)."""
