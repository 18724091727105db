"""A run: submitted, watched, reported, tried again."""
