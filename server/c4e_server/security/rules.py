"""Who may call what: one table of every method that is served; a method that is not in it is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from c4e_server.security.identity import Role

_RUNNING = frozenset({Role.OPERATOR, Role.MARKET})
_READING = _RUNNING | {Role.AUDITOR}
_OPERATING = frozenset({Role.OPERATOR})
_TAKING_PART = _RUNNING | {Role.PARTY}
_ALL = frozenset(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a method asks of its caller.

    Attributes:
        roles: Any one of these.
        writes: Whether it changes something, so that it goes into the audit log.
        public: Whether it needs no identity at all and no rate.
    """

    roles: frozenset[Role] = field(default=frozenset())
    writes: bool = False
    public: bool = False


_PUBLIC = Rule(public=True)

#: Full name of a method -> its rule.
RULES: Mapping[str, Rule] = {
    "grpc.health.v1.Health.Check": _PUBLIC,
    "grpc.health.v1.Health.Watch": _PUBLIC,
    "grpc.reflection.v1alpha.ServerReflection.ServerReflectionInfo": Rule(roles=_ALL),  # where it is on
    "c4e.opt.v1.OptimisationService.Solve": Rule(roles=_RUNNING, writes=True),
    "c4e.opt.v1.JobService.SubmitJob": Rule(roles=_RUNNING, writes=True),
    "c4e.opt.v1.JobService.GetJob": Rule(roles=_READING),
    "c4e.opt.v1.JobService.WatchJob": Rule(roles=_READING),
    "c4e.opt.v1.JobService.CancelJob": Rule(roles=_RUNNING, writes=True),
    "c4e.opt.v1.JobService.ListJobs": Rule(roles=_READING),
    "c4e.opt.v1.JobService.ReadAnswer": Rule(roles=_READING),
    "c4e.opt.v1.JobService.DeleteJob": Rule(roles=_RUNNING, writes=True),
    "c4e.opt.v1.DatasetService.UploadDataset": Rule(roles=_RUNNING, writes=True),
    "c4e.opt.v1.DatasetService.GetDataset": Rule(roles=_READING),
    "c4e.opt.v1.DatasetService.ListDatasets": Rule(roles=_READING),
    "c4e.opt.v1.DatasetService.DeleteDataset": Rule(roles=_RUNNING, writes=True),
    "c4e.opt.v1.SettlementService.GetStatement": Rule(roles=_ALL),  # a party: its own lines
    "c4e.opt.v1.LedgerService.ListBalances": Rule(roles=_ALL),  # a party: its own accounts
    "c4e.opt.v1.LedgerService.GetBatch": Rule(roles=_READING),
    "c4e.opt.v1.LedgerService.ListPostings": Rule(roles=_ALL),  # a party: its own accounts
    "c4e.opt.v1.LedgerService.ExportJournal": Rule(roles=_ALL),  # a party: without the contents of batches
    "c4e.opt.v1.DeliveryService.ListDeliveries": Rule(roles=_READING),
    "c4e.opt.v1.DeliveryService.ReplayDelivery": Rule(roles=frozenset({Role.OPERATOR}), writes=True),
    "c4e.opt.v1.DeliveryService.VoidDelivery": Rule(roles=frozenset({Role.OPERATOR}), writes=True),
    "c4e.opt.v1.TradingService.Trade": Rule(roles=_TAKING_PART, writes=True),  # a party: for itself
    "c4e.opt.v1.TradingService.GetBook": Rule(roles=_READING),
    "c4e.opt.v1.TradingService.RestoreBook": Rule(roles=_RUNNING, writes=True),
    "c4e.opt.v1.MarketSessionService.OpenMarketSession": Rule(roles=_RUNNING, writes=True),
    "c4e.opt.v1.MarketSessionService.GetMarketSession": Rule(roles=_ALL),
    "c4e.opt.v1.MarketSessionService.ListMarketSessions": Rule(roles=_ALL),
    "c4e.opt.v1.MarketSessionService.SubmitOrders": Rule(roles=_TAKING_PART, writes=True),  # a party: for itself
    "c4e.opt.v1.MarketSessionService.AmendOrders": Rule(roles=_TAKING_PART, writes=True),  # a party: for itself
    "c4e.opt.v1.MarketSessionService.WithdrawOrders": Rule(roles=_TAKING_PART, writes=True),  # a party: for itself
    "c4e.opt.v1.MarketSessionService.ListOrders": Rule(roles=_ALL),  # a party: its own
    "c4e.opt.v1.MarketSessionService.TradeOrders": Rule(roles=_TAKING_PART, writes=True),  # a party: for itself
    "c4e.opt.v1.MarketSessionService.CloseGate": Rule(roles=_RUNNING, writes=True),
    "c4e.opt.v1.MarketSessionService.ClearMarketSession": Rule(roles=_RUNNING, writes=True),
    "c4e.opt.v1.MarketSessionService.CancelMarketSession": Rule(roles=_RUNNING, writes=True),
    "c4e.opt.v1.MarketSessionService.WatchMarketSession": Rule(roles=_ALL),  # a party: what it may see
    "c4e.opt.v1.MarketSessionService.GetMarketResult": Rule(roles=_ALL),
    "c4e.opt.v1.MarketSessionService.GetPartyResult": Rule(roles=_ALL),  # a party: its own
    "c4e.opt.v1.MarketSessionService.SubmitReadings": Rule(roles=_RUNNING, writes=True),
    "c4e.opt.v1.MarketSessionService.GetMarketRecord": Rule(roles=_READING),
    "c4e.opt.v1.DispatchSessionService.OpenDispatchSession": Rule(roles=_OPERATING, writes=True),
    "c4e.opt.v1.DispatchSessionService.GetDispatchSession": Rule(roles=_READING),
    "c4e.opt.v1.DispatchSessionService.ListDispatchSessions": Rule(roles=_READING),
    "c4e.opt.v1.DispatchSessionService.UpdateForecasts": Rule(roles=_OPERATING, writes=True),
    "c4e.opt.v1.DispatchSessionService.RecordMeasurements": Rule(roles=_OPERATING, writes=True),
    "c4e.opt.v1.DispatchSessionService.Dispatch": Rule(roles=_OPERATING, writes=True),
    "c4e.opt.v1.DispatchSessionService.GetSetPoints": Rule(roles=_READING),
    "c4e.opt.v1.DispatchSessionService.GetDispatchPlan": Rule(roles=_READING),
    "c4e.opt.v1.DispatchSessionService.WatchSchedules": Rule(roles=_READING),
    "c4e.opt.v1.DispatchSessionService.ComparePlan": Rule(roles=_READING),
    "c4e.opt.v1.DispatchSessionService.CloseDispatchSession": Rule(roles=_OPERATING, writes=True),
}
