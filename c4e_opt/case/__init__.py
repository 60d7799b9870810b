"""The case: everything that one optimisation needs to know, and the ways to read and check it."""

from c4e_opt.case.case import KINDS, Bus, Case, Component, Party, Policy
from c4e_opt.case.check import check
from c4e_opt.case.folder import read_case
from c4e_opt.case.remarks import remarks
from c4e_opt.case.write import write_case

__all__ = ["KINDS", "Bus", "Case", "Component", "Party", "Policy", "check", "read_case", "remarks", "write_case"]
