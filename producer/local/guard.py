"""The guard of an embedded stack: ends its processes when the command that started it is gone, however it went.

The guard leads a process group of its own, so a terminal's Ctrl-C never reaches it, and holds the read end of a pipe
whose only write end is the command's. Valkey and the workers are started into the guard's group; the workers' pool
children inherit it. When the command ends, even by SIGKILL, the pipe reads empty and the guard kills its whole group.

Run as a file (``python -I -S guard.py FOLDER``) and imports next to nothing, so it is up in milliseconds.
"""

import contextlib
import os
import shutil
import signal
import sys


def main(folder: str) -> None:
    """Wait for the end of standard input; then kill the group, and remove the stack's private folder."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # whatever is sent to the group, the guard is the last to go
    while os.read(0, 64):
        pass
    if os.fork() == 0:  # in a group of its own, to outlive the others by what it takes to tidy up
        group = os.getpgrp()
        os.setpgid(0, 0)
        with contextlib.suppress(ProcessLookupError):  # they had all ended
            os.killpg(group, signal.SIGKILL)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
