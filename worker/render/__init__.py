"""A batch of segments through its stages, from lease to store."""
