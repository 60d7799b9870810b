"""The settlement contract, called directly by its operator, and probes that hold it to its rules one by one.

The adapter never sends what these probes send: what protects the books from a faulty or a hostile operator's service is
the contract alone. Every probe raises AssertionError when the contract takes what it must refuse, or books otherwise
than it should.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.exceptions import TransactionFailed
from web3 import EthereumTesterProvider, Web3

NONE = bytes(32)
EUR, COIN = ("EUR", "money", 2), ("coin", "token", 6)
Amounts = dict[tuple[str, str], int]  # (account, asset) -> minor units


class Contract:
    """One contract on a chain of its own; `refused` says for which reason it does not take something."""

    def __init__(self, compiled: dict[str, Any], *arguments: Any, tester: EthereumTester | None = None) -> None:
        self.tester = tester or EthereumTester(PyEVMBackend())
        self.web3 = Web3(EthereumTesterProvider(self.tester))
        self.operator, self.other = self.web3.eth.accounts[:2]
        kind = self.web3.eth.contract(abi=compiled["abi"], bytecode=compiled["bytecode"])
        made = kind.constructor(*(arguments or (self.operator,))).transact({"from": self.operator})
        address = self.web3.eth.get_transaction_receipt(made)["contractAddress"]
        self.at = self.web3.eth.contract(address=address, abi=compiled["abi"], decode_tuples=True)
        self.gas = 0  # of the last transaction

    def do(self, method: str, *arguments: Any, sender: str = "") -> Any:
        """Call and, when it is not refused, do it."""
        function = self.at.functions[method](*arguments)
        fields = {"from": sender or self.operator, "gas": 16_777_216}
        answer = function.call(fields)
        receipt = self.web3.eth.get_transaction_receipt(function.transact(fields))
        assert receipt["status"] == 1, f"{method} was taken as a question and reverted as a transaction"
        self.gas = receipt["gasUsed"]
        return answer

    def refused(self, reason: str, method: str, *arguments: Any, sender: str = "") -> None:
        said = ""
        try:
            self.do(method, *arguments, sender=sender)
        except TransactionFailed as error:
            said = str(error).removeprefix("execution reverted: ")
        assert said == reason, f"{method} was {f'refused: {said}' if said else 'taken'}; it must be refused: {reason}"

    def book(self, name: str, amounts: Amounts, *, refused: str = "", sender: str = "", **said: Any) -> bool:
        """Book a batch, or one part of it; entries in order unless `turned`."""
        head = (id_of(name), said.get("digest", id_of(f"digest {name}")), 2, said.get("expires", 0))
        head = (*head, said.get("reverses", NONE), said.get("ends", NONE))
        used = sorted({asset for _, asset in amounts})
        kinds = [said.get("kinds", {}).get(asset, {"EUR": EUR, "coin": COIN}[asset]) for asset in used]
        entries = sorted(
            (hashed(asset), hashed(account), used.index(asset), n) for (account, asset), n in amounts.items()
        )
        entries.sort(key=lambda entry: said.get("order", len)(entry))
        rows = [(account, place, amount) for _, account, place, amount in entries]
        names = said.get("names", sorted({account for account, _ in amounts}))
        arguments = (head, said.get("part", 0), said.get("last", True), kinds, names, rows)
        if refused:
            self.refused(refused, "book", *arguments, sender=sender)
            return False
        return bool(self.do("book", *arguments, sender=sender))

    def holds(self, should: Amounts) -> None:
        for (account, asset), amount in should.items():
            (here,) = self.at.functions.balances(hashed(asset), [hashed(account)]).call()
            assert here == amount, f"{account} holds {here} {asset}, not {amount}"

    def record(self, name: str) -> Any:
        return self.at.functions.record(id_of(name)).call()

    def clock(self, seconds: int) -> None:
        self.tester.time_travel(seconds)
        self.tester.mine_block()


def id_of(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def hashed(name: str) -> bytes:
    return bytes(Web3.keccak(text=name))


def pay(amount: int, asset: str = "EUR", giver: str = "party:ann", taker: str = "party:bob") -> Amounts:
    return {(giver, asset): -amount, (taker, asset): amount}


LATER = 4_000_000_000
HOLD = pay(500, taker="escrow:e")
RELEASE = pay(500, giver="escrow:e")


def every_asset_sums_to_zero(c: Contract) -> None:
    c.book("one", {("party:ann", "EUR"): 5, ("party:bob", "EUR"): -4}, refused="unbalanced")
    c.book("two", pay(3) | {("party:ann", "coin"): 1, ("party:bob", "EUR"): 2}, refused="unbalanced")
    c.book("three", {("party:ann", "EUR"): -5, ("party:ann", "coin"): 5}, refused="unbalanced")
    c.book("open", {("party:ann", "EUR"): 5}, last=False)
    c.book("open", {}, part=1, refused="unbalanced")


def an_id_is_booked_once(c: Contract) -> None:
    assert c.book("one", pay(5))
    assert not c.book("one", pay(5)), "the same batch changed something again"
    c.book("one", pay(5), digest=id_of("other"), refused="other content")
    c.holds(pay(5))


def only_the_operator_books(c: Contract) -> None:
    c.book("one", pay(5), sender=c.other, refused="not the operator")
    c.refused("not the operator", "name", ["party:eve"], sender=c.other)
    c.refused("not the operator", "anchor", 1, id_of("head"), sender=c.other)
    c.book("open", pay(5), last=False)
    c.refused("not the operator", "drop", id_of("open"), sender=c.other)


def the_role_is_handed_over_in_two_steps(c: Contract) -> None:
    c.refused("not the operator", "offer", c.other, sender=c.other)
    c.refused("not offered", "accept", sender=c.other)
    c.do("offer", c.other)
    assert c.at.functions.operator().call() == c.operator, "an offer alone changed the operator"
    c.do("accept", sender=c.other)
    c.book("one", pay(5), refused="not the operator")
    assert c.book("one", pay(5), sender=c.other)
    c.refused("not offered", "accept", sender=c.other)


def wallets_are_never_overdrawn(c: Contract) -> None:
    for kind in ("wallet:ann", "wallet"):
        c.book("one", pay(5, "coin", kind), refused="overspent")
    c.book("mint", pay(5, "coin", "issuer:sun", "wallet:ann"))
    c.book("more", pay(6, "coin", "wallet:ann"), refused="overspent")
    c.book("parts", pay(6, "coin", "wallet:ann"), last=False, refused="overspent")
    c.book("all", pay(5, "coin", "wallet:ann"))
    c.book("back", {("issuer:sun", "coin"): 5, ("wallet:ann", "coin"): -5}, reverses=id_of("mint"), refused="overspent")
    c.holds({("issuer:sun", "coin"): -5, ("wallet:ann", "coin"): 0, ("party:bob", "coin"): 5})


def entries_ascend(c: Contract) -> None:
    c.book("accounts", pay(5), order=lambda entry: -int.from_bytes(entry[1]), refused="out of order")
    both = pay(5) | pay(2, "coin")
    c.book("assets", both, order=lambda entry: -int.from_bytes(entry[0]), refused="out of order")
    first, second = sorted(pay(5).items(), key=lambda entry: hashed(entry[0][0]))
    c.book("parts", dict([second]), last=False)
    c.book("parts", dict([first]), part=1, refused="out of order")
    c.book("parts", dict([second]), part=1, refused="out of order")


def accounts_have_names(c: Contract) -> None:
    c.book("one", pay(5), names=["party:ann"], refused="account unnamed")
    c.do("name", ["party:ann", "party:bob", "party:ann"])
    c.book("one", pay(5), names=[])
    told = [log["args"] for log in c.at.events.AccountNamed().get_logs(from_block=0)]
    assert [(each["name"], each["account"]) for each in told] == [(n, hashed(n)) for n in ("party:ann", "party:bob")]


def an_asset_keeps_its_meaning(c: Contract) -> None:
    c.book("one", pay(5))
    c.book("two", pay(5), kinds={"EUR": ("EUR", "money", 3)}, refused="other decimals")
    c.book("two", pay(5), kinds={"EUR": ("EUR", "token", 2)}, refused="other decimals")


def zero_is_refused(c: Contract) -> None:
    c.book("one", {("party:ann", "EUR"): 0}, refused="nothing moves")
    c.book("two", {}, digest=NONE, refused="id or digest missing")


def a_reversal_is_the_opposite_once(c: Contract) -> None:
    back = pay(-5)
    c.book("back", back, reverses=id_of("one"), refused="reverses unknown")
    c.book("one", pay(5))
    c.book("back", pay(-4), reverses=id_of("one"), refused="not the opposite")
    c.book("back", pay(5), reverses=id_of("one"), refused="not the opposite")
    c.book("back", back, reverses=id_of("one"))
    c.book("again", back, reverses=id_of("one"), refused="reversed before")
    c.book("forth", pay(5), reverses=id_of("back"), refused="reverses a reversal")
    c.holds(pay(0))
    assert c.record("back").reverses == id_of("one")
    assert c.record("one").undone == id_of("back")


def holds_hold(c: Contract) -> None:
    c.book("h", pay(5), expires=LATER, refused="nothing held")
    c.book("h", HOLD, expires=1, refused="expires before")
    c.book("h", RELEASE, expires=LATER, refused="overspent")
    c.book("h", HOLD, expires=LATER)
    c.book("t", RELEASE, expires=LATER, refused="escrow taken")
    c.book("x", HOLD, expires=LATER, ends=id_of("h"), refused="two phases")
    c.book("x", pay(-5), expires=LATER, reverses=id_of("h"), refused="two phases")
    c.book("x", RELEASE, ends=id_of("h"), reverses=id_of("h"), refused="two phases")
    c.book("back", pay(-500, taker="escrow:e"), reverses=id_of("h"), refused="reverses a hold")
    c.holds(HOLD)
    assert (c.record("h").expires, c.record("h").digest) == (LATER, id_of("digest h"))


def only_holds_and_their_ends_move_escrows(c: Contract) -> None:
    c.book("gift", HOLD, refused="escrow moved")
    c.book("h", HOLD, expires=LATER)
    c.book("theft", RELEASE, refused="escrow moved")
    c.book("other", pay(700, taker="escrow:f"), expires=LATER)
    c.book("end", pay(499, giver="escrow:e"), ends=id_of("h"), refused="other escrow")
    c.book("end", pay(500, giver="escrow:f"), ends=id_of("h"), refused="other escrow")
    c.book("end", pay(5), ends=id_of("h"), refused="other escrow")
    c.book("end", pay(-1, giver="escrow:e"), ends=id_of("h"), refused="escrow taken")
    c.holds(HOLD | {("escrow:f", "EUR"): 700, ("party:ann", "EUR"): -1200})


def a_hold_is_ended_once(c: Contract) -> None:
    c.book("end", RELEASE, ends=id_of("h"), refused="ends no hold")
    c.book("plain", pay(5))
    c.book("end", pay(-5), ends=id_of("plain"), refused="ends no hold")
    c.book("h", HOLD, expires=LATER)
    c.book("end", RELEASE, ends=id_of("h"))
    c.book("again", RELEASE, ends=id_of("h"), refused="ended before")
    c.book("back", pay(-500, giver="escrow:e"), reverses=id_of("end"), refused="reverses an end")
    c.holds({("escrow:e", "EUR"): 0, ("party:bob", "EUR"): 505, ("party:ann", "EUR"): -505})


def an_expired_hold_is_only_given_back(c: Contract) -> None:
    begin = 3_000_000_000
    c.clock(begin)
    for name in ("h", "g"):
        c.book(name, HOLD, expires=begin + 1000)
    c.clock(begin + 900)
    c.book("in time", RELEASE, ends=id_of("g"))
    c.clock(begin + 1000)
    c.book("late", RELEASE, ends=id_of("h"), refused="expired")
    c.book("back", pay(-500, taker="escrow:e"), ends=id_of("h"))
    c.holds({("escrow:e", "EUR"): 0, ("party:ann", "EUR"): -500, ("party:bob", "EUR"): 500})


def parts_count_all_at_once(c: Contract) -> None:
    c.book("base", pay(7))
    entries = sorted(pay(5).items(), key=lambda entry: hashed(entry[0][0]))
    first, second = (dict([entry]) for entry in entries)
    c.book("large", first, last=False)
    c.holds(pay(7))
    c.book("small", pay(1), refused="another is open")
    c.book("large", second, part=2, refused="other part")
    c.book("large", second, part=1, digest=id_of("x"), refused="other head")
    c.book("large", second, part=1, expires=LATER, refused="other head")
    c.book("other", second, part=1, refused="not open")
    assert c.record("large").digest == NONE
    c.book("large", second, part=1)
    c.holds(pay(12))
    c.book("small", pay(1))
    c.holds(pay(13))


def a_dropped_batch_never_counts(c: Contract) -> None:
    c.book("base", pay(7))
    for _ in range(2):
        c.book("large", pay(5), last=False)
        c.refused("not open", "drop", id_of("other"))
        c.do("drop", id_of("large"))
        c.holds(pay(7))
    c.refused("not open", "drop", id_of("large"))
    c.refused("not open", "drop", NONE)
    c.book("parts", pay(1), last=False)
    c.holds(pay(7))
    c.book("parts", {}, part=1)
    c.holds(pay(8))
    c.book("large", pay(2), last=False)
    c.do("drop", id_of("large"))
    c.book("small", pay(1))
    c.holds(pay(9))


def anchors_ascend(c: Contract) -> None:
    c.refused("anchor empty", "anchor", 5, NONE)
    c.do("anchor", 5, id_of("head"))
    c.do("anchor", 5, id_of("head"))
    c.refused("anchor not ahead", "anchor", 5, id_of("other"))
    c.refused("anchor not ahead", "anchor", 4, id_of("other"))
    c.do("anchor", 6, id_of("other"))
    assert c.at.functions.anchored().call() == 6
    assert len(c.at.events.Anchored().get_logs(from_block=0)) == 2, "the same anchor was told twice"


def sums_stay_within_256_bits(c: Contract) -> None:
    most = 2**255 - 1
    c.book("most", pay(most))
    c.book("more", pay(1), refused="b''")
    c.holds(pay(most))


PROBES: tuple[Callable[[Contract], None], ...] = (
    every_asset_sums_to_zero,
    an_id_is_booked_once,
    only_the_operator_books,
    the_role_is_handed_over_in_two_steps,
    wallets_are_never_overdrawn,
    entries_ascend,
    accounts_have_names,
    an_asset_keeps_its_meaning,
    zero_is_refused,
    a_reversal_is_the_opposite_once,
    holds_hold,
    only_holds_and_their_ends_move_escrows,
    a_hold_is_ended_once,
    an_expired_hold_is_only_given_back,
    parts_count_all_at_once,
    a_dropped_batch_never_counts,
    anchors_ascend,
    sums_stay_within_256_bits,
)
