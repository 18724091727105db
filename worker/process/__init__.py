"""The worker's processes: Celery, its tasks, what keeps them alive and in order."""
