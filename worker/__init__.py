"""The far side of the queue: leases, rendering, the store, assembly."""
