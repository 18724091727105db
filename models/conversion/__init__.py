"""Checkpoints into bundles and vocoders: what every conversion needs, and ``python -m models.conversion``."""
