"""The recogniser that hears finished lessons."""
