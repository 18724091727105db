"""Check the worker on this machine: ``python -m worker.health``, exit code 0 where it is well."""

import sys

from worker.observe.health_check import main

if __name__ == "__main__":
    sys.exit(main())
