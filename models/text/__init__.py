"""Text before it is spoken: languages, sentences, normalisation, phonemes. Shared by all voice families."""
