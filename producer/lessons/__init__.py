"""What was written: a lesson, its blocks, takes and options."""
