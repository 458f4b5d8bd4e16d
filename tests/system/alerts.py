"""For each alert a minute-by-minute story in which it fires, and one in which it must not."""

from __future__ import annotations

from typing import Any

import attrs

BOX = 'job="gamesync",instance="box:8765"'
"""Labels that Prometheus adds to all that it reads from one server."""


@attrs.frozen(kw_only=True)
class Story:
    """
    Series by name and labels, in promtool's notation, a value a minute.

    :ivar at_min: when it is looked
    :ivar fires: how many of the alert fire then
    """

    alert: str
    series: dict[str, str]
    at_min: int
    fires: int = 1


def _one(
    alert: str, series: str, bad: str, good: str, at_min: int, labels: str = ""
) -> list[Story]:
    name = f"{series}{{{','.join(filter(None, (BOX, labels)))}}}"
    return [
        Story(alert=alert, series={name: bad}, at_min=at_min),
        Story(alert=alert, series={name: good}, at_min=at_min, fires=0),
    ]


def _histogram(alert: str, name: str, bounds: tuple[str, ...], at_min: int) -> list[Story]:
    """Sixty a minute; in the bad story half of them are beyond the last bound but one."""

    def series(within: dict[str, int]) -> dict[str, str]:
        return {
            **{f'{name}_bucket{{{BOX},le="{le}"}}': f"0+{n}x30" for le, n in within.items()},
            f"{name}_count{{{BOX}}}": "0+60x30",
        }

    *quick, slow, last = bounds
    bad = {**dict.fromkeys(quick, 30), slow: 60, last: 60}
    good = dict.fromkeys(bounds, 60)
    return [
        Story(alert=alert, series=series(bad), at_min=at_min),
        Story(alert=alert, series=series(good), at_min=at_min, fires=0),
    ]


CHECK = "gamesync_check_failed"
CLOSED = "gamesync_connections_closed_total"
CRITICAL = 'level="critical"'
ENDS = "gamesync_certificate_expiry_timestamp_seconds"
FAULTS = "gamesync_log_entries_total"
REFUSED = "gamesync_connections_refused_total"
DAY_S = 86_400
FILES = (f"process_open_fds{{{BOX}}}", f"process_max_fds{{{BOX}}}")

STORIES: list[Story] = [
    *_one("GamesyncDown", "up", "1 1 0x5", "1 1 0 1 1 1", 4),
    *_one("GamesyncNotReady", CHECK, "0 0 1x5", "0 0 0.5x5", 4, 'check="storage"'),
    *_one("GamesyncNotReady", CHECK, "1x5", "0 1 0 1 0 1", 5, 'check="queue"'),
    *_one("GamesyncStorageRefuses", "gamesync_commit_failures_total", "0 0 3 3", "3 3 3 3", 3),
    *_one("GamesyncStateDiffers", "gamesync_state_differing_games", "0 0 1", "0 0 0", 2),
    *_one("GamesyncFaults", FAULTS, "0 0 1 1 1", "7 7 7 7 7", 4, CRITICAL),
    *_one("GamesyncFaults", FAULTS, "0 0 1 1 1", "0 0 0 0 0", 4, CRITICAL),
    *_histogram("GamesyncSlowCommits", "gamesync_commit_seconds", ("0.1", "0.5", "+Inf"), 20),
    *_histogram("GamesyncSlowAnswers", "gamesync_ack_seconds", ("0.25", "1.0", "+Inf"), 20),
    *_histogram("GamesyncReactorLate", "gamesync_reactor_lag_seconds", ("0.25", "1.0", "+Inf"), 20),
    *_one("GamesyncSlowPeers", CLOSED, "0+3x20", "0 0 0 5x20", 12, 'code="4408"'),
    *_one("GamesyncRefuses", REFUSED, "0+20x20", "0+5x20", 15, 'reason="address"'),
    *_one("GamesyncCertificateEnds", ENDS, f"{10 * DAY_S}x90", f"{20 * DAY_S}x90", 80),
    *_one("GamesyncBackupLate", CHECK, "0.5x90", "0x90", 80, 'check="backup"'),
    *_one("GamesyncBackupLate", CHECK, "0.5x90", "0 0.5x50 0x40", 80, 'check="backup"'),
    *_one("GamesyncDiskLow", CHECK, "0.5x30", "0x30", 20, 'check="disk"'),
    *_one("GamesyncMemory", "process_resident_memory_bytes", "450e6x30", "250e6x30", 20),
    Story(alert="GamesyncFiles", series={FILES[0]: "950x9", FILES[1]: "1000x9"}, at_min=8),
    Story(alert="GamesyncFiles", series={FILES[0]: "800x9", FILES[1]: "1000x9"}, at_min=8, fires=0),
    *_one("GamesyncRestarts", "process_start_time_seconds", "1x5 2x5 3x5 4x5", "1x5 2x15", 20),
]


def promtool_tests(rules: str) -> dict[str, Any]:
    """The stories as the file that ``promtool test rules`` reads."""
    return {
        "rule_files": [rules],
        "evaluation_interval": "1m",
        "tests": [
            {
                "name": f"{number}: {story.alert} {'fires' if story.fires else 'does not'}",
                "interval": "1m",
                "input_series": [
                    {"series": name, "values": values} for name, values in story.series.items()
                ],
                "promql_expr_test": [
                    {
                        "expr": f'count(ALERTS{{alertname="{story.alert}",alertstate="firing"}})'
                        " or vector(0)",
                        "eval_time": f"{story.at_min}m",
                        "exp_samples": [{"labels": "{}", "value": story.fires}],
                    }
                ],
            }
            for number, story in enumerate(STORIES)
        ],
    }
