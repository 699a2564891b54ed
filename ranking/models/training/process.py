"""This process among those that train together."""

from __future__ import annotations

import torch
from accelerate import PartialState
from accelerate.utils import parse_flag_from_env


def this_process() -> PartialState:
    """This process and its device; alone unless a launcher started several."""
    # Several processes on a CPU are only seen by one that is told to look for them there.
    return PartialState(cpu=not torch.accelerator.is_available() or parse_flag_from_env("ACCELERATE_USE_CPU"))
