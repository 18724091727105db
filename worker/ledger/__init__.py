"""A run's progress in Redis, and the way to Redis."""
