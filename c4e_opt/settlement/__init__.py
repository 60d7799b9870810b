"""Settlement: an outcome becomes a statement in whole minor units, a batch of postings, and a receipt of a ledger."""

from c4e_opt.settlement.check import audit
from c4e_opt.settlement.ledger import Ledger, Receipt, State
from c4e_opt.settlement.memory import MemoryLedger
from c4e_opt.settlement.postings import CLEARING, Batch, Posting, Transfer, batch_of
from c4e_opt.settlement.settle import settle
from c4e_opt.settlement.statement import CLEARING_ACT, Asset, Line, Positions, Purpose, Statement, decimal_text

__all__ = [
    "CLEARING",
    "CLEARING_ACT",
    "Asset",
    "Batch",
    "Ledger",
    "Line",
    "MemoryLedger",
    "Positions",
    "Posting",
    "Purpose",
    "Receipt",
    "State",
    "Statement",
    "Transfer",
    "audit",
    "batch_of",
    "decimal_text",
    "settle",
]
