"""Compiles the contracts: `python server/compile_contracts.py [--out FOLDER]`.

Beside every .vy file of the EVM ledger a .json is written: ABI, bytecode, SHA-256 of the source and of the code that a
deployed contract has, and with what it was compiled. The service reads these and needs no compiler; a test compiles
anew and compares.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import vyper
from vyper.compiler import compile_code
from vyper.compiler.settings import OptimizationLevel, Settings

CONTRACTS = Path(__file__).parent / "c4e_server" / "ledgers" / "evm" / "contracts"
EVM_VERSION = "cancun"


def compiled(source: str, optimize: OptimizationLevel = OptimizationLevel.GAS) -> dict[str, Any]:
    """What of a compiled contract is kept.

    Args:
        source: The text of a .vy file.
        optimize: For what; compiling for nothing takes half the time.
    """
    settings = Settings(evm_version=EVM_VERSION, optimize=optimize)
    made = compile_code(source, output_formats=["abi", "bytecode", "bytecode_runtime"], settings=settings)
    return {
        "compiler": f"vyper {vyper.__version__}",
        "evm_version": EVM_VERSION,
        "optimize": optimize.name.lower(),
        "source_sha256": hashlib.sha256(source.encode()).hexdigest(),
        "runtime_sha256": hashlib.sha256(bytes.fromhex(made["bytecode_runtime"].removeprefix("0x"))).hexdigest(),
        "abi": made["abi"],
        "bytecode": made["bytecode"],
    }


def main() -> int:
    """Compile every contract."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--out", type=Path, default=CONTRACTS, help="folder for the compiled files (default: beside them)"
    )
    arguments = parser.parse_args()
    for file in sorted(CONTRACTS.glob("*.vy")):
        made = compiled(file.read_text(encoding="utf-8"))
        target = arguments.out / f"{file.stem}.json"
        target.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        print(f"{target}: {len(made['bytecode']) // 2 - 1} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
