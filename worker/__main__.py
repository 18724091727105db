"""``python -m worker``."""

import sys

from worker.serve import main

sys.exit(main())
