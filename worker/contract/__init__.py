"""The contract that both sides of the queue know: messages, settings, manifests, timings."""
