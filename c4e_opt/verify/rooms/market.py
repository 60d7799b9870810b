"""What an answer must hold for markets: nothing of their own; orders that break their limits are no sound case."""

from __future__ import annotations

from c4e_opt.verify.fleet import Room
from c4e_opt.verify.site import no_flows

ROOM = Room(ports=(), flows=no_flows)
