"""What every tool is asked for in unit commitment: a relative gap, within a limit of time."""

from __future__ import annotations

GAP = 1e-3
LIMIT_S = 300.0
