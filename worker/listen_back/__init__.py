"""A recogniser hears finished lessons."""
