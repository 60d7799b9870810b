"""What an answer must hold for contracts: nothing. They are positions; the audit of a statement holds what is due."""

from __future__ import annotations

from c4e_opt.verify.fleet import Room
from c4e_opt.verify.site import no_flows

ROOM = Room(ports=(), flows=no_flows)
