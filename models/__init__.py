"""Speech synthesis as a library: text in, samples out. No queue, no store, no network."""
