"""Sound: finishing, acceptance checks, the WAV with its record, loudness, encoding."""
