"""The screens, one module each; :mod:`gamesync.table.flow` says which is on."""

from __future__ import annotations

from ...flow import Screen
from .base import View
from .choose import Choose
from .find import Find
from .gather import Gather
from .new import New
from .over import Over
from .play import Play
from .ready import Ready
from .saver import Saver
from .setup import Setup
from .wait import Wait

SCREENS: dict[Screen, type[View]] = {
    Screen.FIND: Find,
    Screen.WAIT: Wait,
    Screen.CHOOSE: Choose,
    Screen.NEW: New,
    Screen.GATHER: Gather,
    Screen.SETUP: Setup,
    Screen.READY: Ready,
    Screen.PLAY: Play,
    Screen.OVER: Over,
    Screen.SAVER: Saver,
}
