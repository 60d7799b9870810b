"""Options of a solve: message to SolveOptions."""

from __future__ import annotations

from c4e.opt.v1 import solve_pb2
from c4e_opt.solve import SolveOptions


def options_from_proto(message: solve_pb2.SolveOptions, seconds: float = float("inf")) -> SolveOptions:
    """Read options; what is absent takes the library's default.

    Args:
        message: The options, checked by their own rules.
        seconds: Wall time that is left anyway; the smaller limit counts.
    """
    default = SolveOptions()
    limit = message.time_limit.ToNanoseconds() / 1e9 if message.HasField("time_limit") else default.time_limit_s
    return SolveOptions(
        solver=message.solver or default.solver,
        time_limit_s=min(limit, seconds),
        gap=message.gap if message.HasField("gap") else default.gap,
        threads=message.threads or default.threads,
    )


def options_to_proto(options: SolveOptions) -> solve_pb2.SolveOptions:
    """Write options."""
    message = solve_pb2.SolveOptions(solver=options.solver, gap=options.gap, threads=options.threads)
    if options.time_limit_s != float("inf"):
        message.time_limit.FromNanoseconds(int(options.time_limit_s * 1e9))
    return message
