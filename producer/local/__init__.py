"""The embedded stack: queue, workers and store on one machine."""
