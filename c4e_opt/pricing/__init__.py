"""Prices by rule, a file per rule, and what everybody gains and loses by each."""

from c4e_opt.pricing.table import RuleResult, table

__all__ = ["RuleResult", "table"]
