"""Segment sound: finishing, acceptance checks, the WAV with its record, encoding."""
