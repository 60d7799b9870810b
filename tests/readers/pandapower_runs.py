"""A program: writes networks of pandapower as JSON and what its own power flow says of them, into a folder."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def made(pandapower: Any) -> Any:
    """A network of everything that a branch can be, with taps on either side and a shift."""
    net = pandapower.create_empty_network(sn_mva=7.0)
    levels = {"h1": 110.0, "h2": 110.0, "m1": 20.0, "m2": 20.0, "m3": 20.0, "l1": 10.0, "s": 20.0}
    buses = {name: pandapower.create_bus(net, kv, name=name) for name, kv in levels.items()}
    pandapower.create_ext_grid(net, buses["h1"], vm_pu=1.02, name="above")
    line = {"length_km": 12.0, "r_ohm_per_km": 0.06, "x_ohm_per_km": 0.4, "c_nf_per_km": 9.0, "max_i_ka": 0.4}
    pandapower.create_line_from_parameters(net, buses["h1"], buses["h2"], name="high", g_us_per_km=2.0, **line)
    trafo = {"sn_mva": 25.0, "vn_hv_kv": 112.0, "vn_lv_kv": 20.5, "vkr_percent": 0.6, "vk_percent": 11.0,
             "pfe_kw": 30.0, "i0_percent": 0.4, "tap_neutral": 0, "tap_step_percent": 1.5,
             "tap_changer_type": "Ratio"}  # fmt: skip
    pandapower.create_transformer_from_parameters(
        net, buses["h1"], buses["m1"], name="t1", tap_side="hv", tap_pos=-2, shift_degree=30.0, parallel=2, **trafo
    )
    pandapower.create_transformer_from_parameters(
        net, buses["h2"], buses["m2"], name="t2", tap_side="lv", tap_pos=3, shift_degree=30.0, **trafo
    )
    pandapower.create_transformer3w_from_parameters(
        net, buses["h2"], buses["m3"], buses["l1"], 110.0, 20.0, 10.0, 25.0, 16.0, 12.0, 10.0, 9.0, 9.5, 0.5, 0.45,
        0.48, 20.0, 0.3, shift_mv_degree=30.0, name="t3",
    )  # fmt: skip
    cable = {"length_km": 3.0, "r_ohm_per_km": 0.16, "x_ohm_per_km": 0.12, "c_nf_per_km": 270.0, "max_i_ka": 0.32}
    pandapower.create_line_from_parameters(net, buses["m1"], buses["m2"], name="ring", df=0.9, parallel=2, **cable)
    pandapower.create_line_from_parameters(net, buses["m2"], buses["m3"], name="open end", **cable)
    pandapower.create_switch(net, buses["m3"], net.line.index[-1], et="l", closed=False)
    pandapower.create_switch(net, buses["m3"], buses["s"], et="b", closed=True)
    pandapower.create_impedance(net, buses["m1"], buses["m3"], 0.02, 0.2, 30.0, name="z")
    pandapower.create_load(net, buses["m1"], 8.0, 2.0, scaling=1.5, name="a")
    pandapower.create_load(net, buses["l1"], 5.0, 1.0, name="b")
    pandapower.create_load(net, buses["s"], 1.0, 0.25, name="c")
    pandapower.create_sgen(net, buses["m2"], 3.0, -0.5, name="sun", type="PV")
    pandapower.create_gen(net, buses["m3"], 4.0, vm_pu=1.01, name="machine")
    pandapower.create_shunt(net, buses["m1"], q_mvar=-1.2, p_mw=0.05, vn_kv=21.0, step=2, name="bank")
    pandapower.create_ward(net, buses["m2"], 0.4, 0.1, 0.3, 0.2, name="w")
    pandapower.create_storage(net, buses["m3"], 0.0, max_e_mwh=2.0, soc_percent=50.0, sn_mva=0.5, name="store")
    pandapower.create_load(net, buses["m2"], 9.0, in_service=False, name="asleep")
    return net


def main() -> None:
    import pandapower
    import pandapower.networks as networks

    folder = Path(sys.argv[1])
    found: dict[str, Any] = {}
    for name, net in (
        ("made", made(pandapower)),
        ("oberrhein", networks.mv_oberrhein()),
        ("case30", networks.case30()),
    ):
        pandapower.to_json(net, str(folder / f"{name}.json"))
        pandapower.runpp(net, calculate_voltage_angles=True, tolerance_mva=1e-9, numba=False)
        names = net.bus.name.tolist()
        found[name] = {
            "voltage_pu": dict(zip(map(str, net.bus.index.tolist()), net.res_bus.vm_pu.tolist(), strict=True)),
            "names": dict(zip(map(str, net.bus.index.tolist()), map(str, names), strict=True)),
            "load_mw": float((net.load.p_mw * net.load.scaling)[net.load.in_service].sum()),
            "gen_mw": dict(zip(map(str, net.gen.index.tolist()), net.res_gen.p_mw.tolist(), strict=True)),
        }
    (folder / "expected.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main()
