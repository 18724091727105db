"""Rules that several languages have: as they are, or as functions that are given a language's words."""
