"""Settlement: an outcome becomes a statement in whole minor units, a batch of postings, and a receipt of a ledger."""

from c4e_opt.settlement.check import audit
from c4e_opt.settlement.continuous import Product, check_product, settle_trades
from c4e_opt.settlement.continuous_check import audit_trades
from c4e_opt.settlement.ledger import Ledger, Receipt, State
from c4e_opt.settlement.memory import MemoryLedger
from c4e_opt.settlement.metering.imbalance import Restatement, imbalance, measured, restate
from c4e_opt.settlement.metering.imbalance_check import audit_imbalance
from c4e_opt.settlement.metering.measurement import Activation, ImbalanceRules, Measurement, Run
from c4e_opt.settlement.metering.readings import Meter, Metered, Readings
from c4e_opt.settlement.postings import CLEARING, Batch, Posting, Transfer, batch_of
from c4e_opt.settlement.settle import settle
from c4e_opt.settlement.statement import CLEARING_ACT, Asset, Line, Positions, Purpose, Statement, decimal_text

__all__ = [
    "CLEARING",
    "CLEARING_ACT",
    "Activation",
    "Asset",
    "Batch",
    "ImbalanceRules",
    "Ledger",
    "Line",
    "Measurement",
    "MemoryLedger",
    "Meter",
    "Metered",
    "Positions",
    "Posting",
    "Product",
    "Purpose",
    "Readings",
    "Receipt",
    "Restatement",
    "Run",
    "State",
    "Statement",
    "Transfer",
    "audit",
    "audit_imbalance",
    "audit_trades",
    "batch_of",
    "check_product",
    "decimal_text",
    "imbalance",
    "measured",
    "restate",
    "settle",
    "settle_trades",
]
