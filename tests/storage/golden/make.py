"""
``python tests/storage/golden/make.py COMMIT``: a database as an older commit's program wrote it.

It runs that commit's own code, in a folder of its own, and puts what comes of it beside this file
as ``schema<N>.db.gz``, with what its games must come to as ``schema<N>.json``. To be run once for
each schema that was released; what is here already is never made anew.
"""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
PLAY = """
import json, sys
from tests.house import House, Match
from gamesync.storage.schema import SCRIPTS

house = House(sys.argv[1])
over = Match(house)
over.anna.do("score_update", {"player": 1, "category": "secondary", "value": 8})
over.host.do("setup", {"op": "profile", "player": 2, "faction": "Orks"})
house.wait(7)
over.anna.do("game_end", {"op": "concede"})
going = Match(house)
going.host.do("score_update", {"player": 2, "category": "secondary", "value": 5})
house.official()
ids = {"over": over.id, "going": going.id}
house.close()
scores = {over.id: [8, 0], going.id: [0, 5]}
print(json.dumps({"schema": len(SCRIPTS), **ids, "scores": scores}))
"""


def main(commit: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(["git", "archive", commit], check=True, stdout=subprocess.PIPE)
        with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as tree:
            tree.extractall(folder, filter="data")
        file = Path(folder, "golden.db")
        told = subprocess.run(
            [sys.executable, "-c", PLAY, str(file)], cwd=folder, check=True, stdout=subprocess.PIPE
        ).stdout
        number = json.loads(told)["schema"]
        target = HERE / f"schema{number}.db.gz"
        if target.exists():
            sys.exit(f"{target} is there already")
        target.write_bytes(gzip.compress(file.read_bytes(), mtime=0))
        target.with_suffix("").with_suffix(".json").write_bytes(told)


if __name__ == "__main__":
    main(sys.argv[1])
