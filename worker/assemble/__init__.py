"""A lesson from its segments: one sound, captions, timings, manifest."""
