"""Linking a lesson from its segments: assembly, captions, manifest."""
