"""Training of light vocoders: from text of our own to weights. Needs the ``train`` extra; see README.md."""
