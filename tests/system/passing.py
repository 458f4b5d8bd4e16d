"""``passing.py PLACE NAMES COMMAND…``: be COMMAND, with the sockets handed out at PLACE."""

from __future__ import annotations

import os
import socket
import sys

FIRST = 3


def main() -> None:
    place, names, *command = sys.argv[1:]
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(place)
        _, passed, _, _ = socket.recv_fds(line, 1, 16)
    # None of them may be in the way of another's new number.
    apart = [os.dup2(descriptor, 100 + i) for i, descriptor in enumerate(passed)]
    for i, descriptor in enumerate(apart):
        os.dup2(descriptor, FIRST + i, inheritable=True)
        os.close(descriptor)
    os.environ["LISTEN_PID"] = str(os.getpid())
    os.environ["LISTEN_FDS"] = str(len(passed))
    os.environ["LISTEN_FDNAMES"] = names
    os.execv(command[0], command)


if __name__ == "__main__":
    main()
