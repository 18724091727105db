"""The HTTP API and the status page: a producer behind a port.

``app`` puts it together; ``service`` is what its routes share; ``segment_requests`` wait for segments.
"""
