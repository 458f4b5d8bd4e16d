"""
The table's screen: ``python -m bench.table``.

Prints, at each size, how long a press of the clock takes to be seen (touch, socket, disk, socket,
picture) beside one round trip of a command without a screen, and what share of a core a screen
takes that nobody touches while its clock runs. Where there is no graphics card, software draws.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles

from tests.pages.kit import Table
from tests.system.server import ServerProcess
from tests.table.kit import TableProcess

SIZES = ("800x480", "1920x1080")
PRESSES = 30
IDLE_S = 10.0
BOUNCE_S = 0.35
"""Two presses closer than 0.3 s are taken for one."""


def main() -> None:
    print(f"{'size':>10} {'press shown, ms':>24} {'command, ms':>12} {'idle, % of a core':>18}")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            print(line(Path(folder), size))


def line(folder: Path, size: str) -> str:
    server = ServerProcess(folder).start()
    try:
        with (
            Table(server, options={"clock": "down-90"}) as game,
            TableProcess(folder / "table", game.url("host"), window=size) as screen,
        ):
            screen.wait_screen("play")
            screen.wait(lambda: screen.about["live"])
            presses, commands = [], []
            for _ in range(PRESSES):
                seen = screen.seen
                assert seen is not None
                presses.append(screen.ask("press", key=f"half:{seen['side']}:clock"))
                began = time.monotonic()
                game.do("score_update", {"player": 1, "cp_delta": 1})
                commands.append((time.monotonic() - began) * 1000)
                time.sleep(BOUNCE_S)
            idle = share(screen.pid)
    finally:
        server.stop()
    p90 = quantiles(presses, n=10)[-1]
    shown = f"{median(presses):.0f}, p90 {p90:.0f}, most {max(presses):.0f}"
    return f"{size:>10} {shown:>24} {median(commands):>12.1f} {idle:>18.1f}"


def share(pid: int) -> float:
    """Percent of a core that a process takes for some seconds."""
    time.sleep(1)
    before, began = seconds(pid), time.monotonic()
    time.sleep(IDLE_S)
    return 100 * (seconds(pid) - before) / (time.monotonic() - began)


def seconds(pid: int) -> float:
    """Processor time that a process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
