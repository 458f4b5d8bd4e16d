"""
What a write-ahead log of SQLite's says of itself, read without SQLite.

SQLite reads its log up to the first frame whose checksum is wrong and takes that for the end; what
lies behind it is dropped without a word. After a power cut that is right: the last transaction may
be torn. But every commit is on the disk before the next one is written, so whole commits behind a
bad frame were durable once, and the log has been damaged since.

The format is documented at https://www.sqlite.org/fileformat2.html#walformat.
"""

from __future__ import annotations

import struct

HEADER = struct.Struct(">8I")
"""Magic, version, page size, checkpoint, two salts, two checksums."""
FRAME = struct.Struct(">6I")
"""Page, size of the database if it ends a commit (else 0), two salts, two checksums."""
MAGIC = 0x377F0682
"""Of a log whose checksums are little-endian; one more: big-endian."""


def lost_commits(path: str) -> int:
    """
    How many durable commits SQLite would drop if it opened the log at *path* now.

    0 for a log that is whole, torn at its end, empty or missing.
    """
    try:
        with open(path, "rb") as file:
            log = file.read()
    except FileNotFoundError:
        return 0
    if len(log) <= HEADER.size:
        return 0
    magic, _, page_bytes, _, *salts, sum0, sum1 = HEADER.unpack_from(log)
    order = ">" if magic == MAGIC + 1 else "<"
    sums = _checksum(log[:24], order, 0, 0)
    if magic not in (MAGIC, MAGIC + 1) or sums != (sum0, sum1):
        return max(1, (len(log) - HEADER.size) // (FRAME.size + 4096))
    whole, behind = True, 0
    for at in range(HEADER.size, len(log) - FRAME.size - page_bytes + 1, FRAME.size + page_bytes):
        _, commit, salt0, salt1, sum0, sum1 = FRAME.unpack_from(log, at)
        ours = [salt0, salt1] == salts
        if whole:
            body = log[at : at + 8] + log[at + FRAME.size : at + FRAME.size + page_bytes]
            sums = _checksum(body, order, *sums)
            whole = ours and sums == (sum0, sum1)
        if not whole and ours:  # frames of an older round have other salts
            behind += commit > 0
    # The last one may never have been synced: it was being written when the power failed.
    return max(0, behind - 1)


def _checksum(data: bytes, order: str, sum0: int, sum1: int) -> tuple[int, int]:
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for first, second in zip(words[::2], words[1::2], strict=True):
        sum0 = (sum0 + first + sum1) & 0xFFFFFFFF
        sum1 = (sum1 + second + sum0) & 0xFFFFFFFF
    return sum0, sum1
