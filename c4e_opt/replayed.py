"""What an AC power flow made of a schedule: voltages, loadings and losses of every step, and whether limits hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from c4e_opt.arrays import BoolArray, FloatArray, IntArray, TextArray, TimeArray

#: A voltage may be so far outside its band, per unit, and a line so far above its limit, as a part of it.
VOLTAGE_TOLERANCE_PU = 1e-4
LOADING_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class Extreme:
    """The worst of many places in every step."""

    values: FloatArray  # (time,); not a number in steps without an answer, or where there is no place
    places: TextArray  # (time,); empty there


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Replay:
    """An AC power flow of every step of a schedule, over the electric buses that lines join."""

    time: TimeArray  # starts of the steps
    bus: TextArray
    line: TextArray  # those in service
    voltage_pu: FloatArray  # (bus, time); not a number in steps that did not converge, as all that follows
    voltage_min_pu: FloatArray  # (bus,)
    voltage_max_pu: FloatArray  # (bus,)
    loading_ratio: FloatArray  # (line, time), apparent power at the fuller end by the limit; 0 without a limit
    firm: BoolArray  # (line,), whether the limit must hold: no price lets flows pass it
    loss_mw: FloatArray  # (time,), of all lines
    answer_loss_mw: FloatArray  # (time,), what the schedule says of it; 0 in models without losses
    converged: BoolArray  # (time,)

    @property
    def lowest(self) -> Extreme:
        """The lowest voltage of every step, per unit, and its bus."""
        return _extreme(self.voltage_pu, self.bus, lowest=True)

    @property
    def highest(self) -> Extreme:
        """The highest voltage of every step, per unit, and its bus."""
        return _extreme(self.voltage_pu, self.bus)

    @property
    def fullest(self) -> Extreme:
        """The largest loading of every step, as a part of the limit, and its line."""
        return _extreme(self.loading_ratio, self.line)

    @property
    def loss_beyond_answer_mw(self) -> FloatArray:
        """Losses that the schedule does not know of, (time,)."""
        return self.loss_mw - self.answer_loss_mw

    @property
    def holds(self) -> bool:
        """Whether every step converged with all voltages in their bands and all firm limits kept."""
        return not any(True for _ in self.breaches())

    def breaches(self) -> Iterator[str]:
        """The worst of every kind of breach, as sentences."""
        failed = np.flatnonzero(~self.converged)
        if failed.size:
            steps = "1 step" if failed.size == 1 else f"{failed.size} steps"
            yield f"the AC power flow of {steps} did not converge, the first at {self.time[failed[0]]}Z"
        bands = (
            ("below", self.voltage_min_pu[:, None] - self.voltage_pu, self.voltage_min_pu),
            ("above", self.voltage_pu - self.voltage_max_pu[:, None], self.voltage_max_pu),
        )
        for word, excess, limit in bands:
            cells = excess > VOLTAGE_TOLERANCE_PU
            if cells.any():
                row, step = _worst(excess)
                yield (
                    f"voltage at bus {str(self.bus[row])!r} is {self.voltage_pu[row, step]:.5f} p.u. at "
                    f"{self.time[step]}Z, {word} {limit[row]:g} ({_count(cells)})"
                )
        loading = np.where(self.firm[:, None], self.loading_ratio, 0.0)
        cells = loading > 1.0 + LOADING_TOLERANCE
        if cells.any():
            row, step = _worst(loading)
            yield (
                f"line {str(self.line[row])!r} carries {loading[row, step]:.2%} of its limit at {self.time[step]}Z "
                f"({_count(cells)})"
            )

    def sentence(self) -> str:
        """All this in one line."""
        done, steps = int(self.converged.sum()), self.time.size
        if not done:
            return "AC power flow: no step converged"
        fullest = float(np.nanmax(self.loading_ratio, initial=0.0))
        words = [
            "holds" if self.holds else "FAILS",
            f"voltage {np.nanmin(self.voltage_pu):.4f} to {np.nanmax(self.voltage_pu):.4f} p.u.",
            *([f"loading up to {fullest:.1%}"] if fullest else []),
            f"losses {np.nanmean(self.loss_mw):.4g} MW in the mean, {np.nanmean(self.answer_loss_mw):.4g} MW in the "
            "schedule",
        ]
        return f"AC power flow of {done} of {steps} steps: {', '.join(words)}"

    def to_json(self) -> dict[str, Any]:
        """The verdict and the worst of all steps; numbers of every step are in the table."""
        worst = {"voltage_min_pu": self.lowest, "voltage_max_pu": self.highest, "loading_max_ratio": self.fullest}
        said: dict[str, Any] = {
            "holds": self.holds,
            "steps": int(self.time.size),
            "failed_steps": int((~self.converged).sum()),
            "breaches": list(self.breaches()),
        }
        for name, extreme in worst.items():
            said[name] = _told(extreme, self.time, lowest=name == "voltage_min_pu")
        done = self.converged
        said["loss_mean_mw"] = float(self.loss_mw[done].mean()) if done.any() else None
        said["answer_loss_mean_mw"] = float(self.answer_loss_mw[done].mean()) if done.any() else None
        return said

    def columns(self) -> Mapping[str, tuple[tuple[str, ...], FloatArray, str]]:
        """Everything but the labels, by name: axes, numbers, what it is."""
        bus, line = "replay_bus", "replay_line"
        return {
            "replay_voltage_pu": ((bus, "time"), self.voltage_pu, "voltage"),
            "replay_voltage_min_pu": ((bus,), self.voltage_min_pu, "least voltage allowed"),
            "replay_voltage_max_pu": ((bus,), self.voltage_max_pu, "largest voltage allowed"),
            "replay_loading": ((line, "time"), self.loading_ratio, "apparent power by the limit; 0 without a limit"),
            "replay_firm": (
                (line,),
                self.firm.astype(np.float64),
                "1 where the limit has no price",
            ),
            "replay_loss_mw": (("time",), self.loss_mw, "losses of all lines"),
            "replay_answer_loss_mw": (("time",), self.answer_loss_mw, "losses of all lines in the schedule"),
            "replay_converged": (("time",), self.converged.astype(np.float64), "1 where the power flow converged"),
        }

    @classmethod
    def restored(cls, labels: Mapping[str, Any], columns: Mapping[str, FloatArray]) -> Replay:
        """Put a replay together again from its labels and columns."""
        steps, none = labels["time"], np.zeros(0, dtype=np.str_)
        bus, line = labels.get("replay_bus", none), labels.get("replay_line", none)
        return cls(
            time=steps,
            bus=bus,
            line=line,
            voltage_pu=columns["replay_voltage_pu"].reshape(bus.size, steps.size),
            voltage_min_pu=columns["replay_voltage_min_pu"],
            voltage_max_pu=columns["replay_voltage_max_pu"],
            loading_ratio=columns["replay_loading"].reshape(line.size, steps.size),
            firm=columns["replay_firm"] > 0.5,
            loss_mw=columns["replay_loss_mw"],
            answer_loss_mw=columns["replay_answer_loss_mw"],
            converged=columns["replay_converged"] > 0.5,
        )


def _extreme(values: FloatArray, names: TextArray, *, lowest: bool = False) -> Extreme:
    """The extreme of every column and its name."""
    steps = int(values.shape[1])
    if not names.size:
        return Extreme(np.full(steps, np.nan), np.full(steps, "", dtype=np.str_))
    known = ~np.isnan(values).any(axis=0)
    row: IntArray = values.argmin(axis=0) if lowest else values.argmax(axis=0)
    worst, places = np.take_along_axis(values, row[None, :], axis=0)[0], names.take(row)
    worst[~known], places[~known] = np.nan, ""
    return Extreme(worst, places)


def _told(extreme: Extreme, time: TimeArray, *, lowest: bool) -> dict[str, Any] | None:
    known = np.flatnonzero(~np.isnan(extreme.values))
    if not known.size:
        return None
    among = extreme.values[known]
    step = int(known[among.argmin() if lowest else among.argmax()])
    return {"value": float(extreme.values[step]), "place": str(extreme.places[step]), "time": f"{time[step]}Z"}


def _worst(excess: FloatArray) -> tuple[int, int]:
    row, step = np.unravel_index(int(np.nanargmax(excess)), excess.shape)
    return int(row), int(step)


def _count(cells: BoolArray) -> str:
    places, steps = int(cells.any(axis=1).sum()), int(cells.any(axis=0).sum())
    return f"{places} place{'s' if places != 1 else ''}, {steps} step{'s' if steps != 1 else ''}"
