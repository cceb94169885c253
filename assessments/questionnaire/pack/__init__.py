"""A pack as files: read strictly, shaped into the model, checked."""
