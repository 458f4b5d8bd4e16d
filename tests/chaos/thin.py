"""``python -m tests.chaos.thin FOLDER SECONDS``: a storm, wherever this process finds itself."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from ..system.server import ServerProcess
from . import ledger
from .storm import FREE, Storm


def main(folder: Path, seconds: float) -> None:
    server = ServerProcess(folder, *FREE).start()
    storm = Storm(server)
    storm.start()
    time.sleep(seconds)
    storm.finish()
    for writer in storm.writers:
        writer.client.close()
    server.stop()
    faults = storm.after_all(ledger.read(server.database))
    print(json.dumps({"acked": storm.commands, "faults": faults}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]))
