"""Ends every process of an embedded stack when the command that started it is gone, however it went.

The guard leads a process group of its own, so a terminal's Ctrl-C never reaches it, and holds the read end of a pipe
whose only write end is the command's. Valkey and the workers are started into the guard's group; the workers' pool
children inherit it. When the command ends, even by SIGKILL, the pipe reads empty and the guard kills its whole group.

Run as a file (``python -I -S guard.py FOLDER``) and imports next to nothing, so it is up in milliseconds.
"""

import os
import shutil
import signal
import sys


def main(folder: str) -> None:
    """Wait for the end of standard input; then remove the stack's private folder and kill the group."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # whatever is sent to the group, the guard is the last to go
    while os.read(0, 64):
        pass
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1])
