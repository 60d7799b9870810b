"""Sharing what a community gains: prices between those of the grid, and shares of a coalition's surplus."""

from c4e_opt.sharing.bill_sharing import bill_sharing
from c4e_opt.sharing.game import Game, Shares, excess_eur, game
from c4e_opt.sharing.local_prices import LocalPrices
from c4e_opt.sharing.mid_market_rate import mid_market_rate
from c4e_opt.sharing.nucleolus import nucleolus
from c4e_opt.sharing.shapley import sampled_shapley, shapley
from c4e_opt.sharing.supply_demand_ratio import supply_demand_ratio

__all__ = [
    "Game",
    "LocalPrices",
    "Shares",
    "bill_sharing",
    "excess_eur",
    "game",
    "mid_market_rate",
    "nucleolus",
    "sampled_shapley",
    "shapley",
    "supply_demand_ratio",
]
