"""Signing and sending: nonces without gaps, fees within a bound, replacements of what is not mined.

Every transaction of the operator goes through here. Its nonce is chosen and its signed bytes are kept in one database
transaction, before the node hears of it: threads and processes never share a nonce, and a crash loses none. What the
chain forgot (a restart of the node, a fork) is sent again with the same bytes.
"""

from __future__ import annotations

from typing import Any

from c4e_opt.errors import LedgerError
from c4e_opt.settlement import Batch
from c4e_server.ledgers.evm.chain import Block, Chain
from c4e_server.ledgers.evm.sent import Sent, SentBook

#: Gas that one transaction may take on any chain: EIP-7825 ("Transaction Gas Limit Cap"), 2**24.
MOST_GAS = 16_777_216
#: Blocks after which what is not mined is signed anew with higher fees.
PATIENCE_BLOCKS = 3
# A node takes a replacement whose fees are higher by 10 % (geth's default price bump); 12.5 % is on the safe side.
_BUMP_PERMILLE = 1125
_LEAST_TIP_WEI = 1_000_000


class Sender:
    """The operator's key, and all that it has sent."""

    def __init__(self, chain: Chain, account: Any, book: SentBook, fee_limit_wei: int) -> None:
        """Join a chain, a key and a book.

        Args:
            chain: The node.
            account: A key of eth_account.
            book: Where everything signed is kept.
            fee_limit_wei: Most that a unit of gas may cost.
        """
        self._chain, self._account, self._book = chain, account, book
        self._fee_limit_wei = fee_limit_wei
        self._chain_id = chain.id()

    @property
    def address(self) -> str:
        """The operator's address."""
        return str(self._account.address)

    def in_flight(self) -> list[Sent]:
        """What is signed and not mined, by nonce; replaced ones left out."""
        return self._book.since(self._chain.count(self.address))

    def send(self, to: str, call: str, gas: int, batch: Batch | None) -> Sent:
        """Sign under the next nonce, keep, and hand to the node.

        Args:
            to: The contract.
            call: Its input, hexadecimal.
            gas: Bound of the gas.
            batch: What it belongs to; None where it belongs to no batch.

        Raises:
            LedgerError: Gas or fees are above their bounds, the account has too little, or the node does not answer;
                in the last case it is kept, and sent again by `push`.
        """
        if gas > MOST_GAS:
            raise LedgerError(f"a transaction of {gas} gas is more than a chain takes, {MOST_GAS}")
        newest, fees = self.afford(gas)
        with self._book.transaction():
            mined = self._chain.count(self.address)
            mine = self._book.since(mined)
            nonce = max([self._chain.count(self.address, pending=True), *(sent.nonce + 1 for sent in mine)])
            fields: dict[str, int | str] = {"type": 2, "chainId": self._chain_id, "nonce": nonce, "gas": gas}
            sent = self._sign(fields | fees | {"to": to, "value": 0, "data": call}, batch.id if batch else "", newest)
            self._book.keep(batch, sent)
        self._hand_over(sent)
        return sent

    def afford(self, gas: int) -> tuple[Block, dict[str, int]]:
        """The newest block, and the fees that a transaction of so much gas offers now.

        Raises:
            LedgerError: They are above their bound, or the account cannot pay them.
        """
        newest = self._chain.block()
        fees = self._fees(newest)
        self._can_pay(gas * fees["maxFeePerGas"])
        return newest, fees

    def push(self) -> list[Sent]:
        """Send what the node has forgotten, and replace what is not mined for long.

        Returns:
            What is in flight afterwards.

        Raises:
            LedgerError: The node does not answer, or fees are above their bound.
        """
        flying = self.in_flight()
        if not flying:
            return flying
        newest = self._chain.block()
        for place, sent in enumerate(flying):
            if place == 0 and newest.number - sent.block >= PATIENCE_BLOCKS and self._may_rise(sent):
                self._hand_over(self._replacement(sent, newest))
            elif not self._chain.knows(sent.hash):
                self._hand_over(sent)
        return self.in_flight()

    def _may_rise(self, sent: Sent) -> bool:
        return int(sent.fields["maxFeePerGas"]) * _BUMP_PERMILLE // 1000 <= self._fee_limit_wei

    def _replacement(self, sent: Sent, newest: Block) -> Sent:
        """The same under the same nonce with fees that a node takes for a replacement."""
        now = self._fees(newest)
        raised = {
            name: min(max(now[name], -(-int(sent.fields[name]) * _BUMP_PERMILLE // 1000)), self._fee_limit_wei)
            for name in ("maxFeePerGas", "maxPriorityFeePerGas")
        }
        again = self._sign(sent.fields | raised, sent.batch_id, newest)
        self._book.keep(None, again)
        return again

    def _fees(self, newest: Block) -> dict[str, int]:
        """EIP-1559: twice the base fee lasts for six full blocks, beside the tip that the node suggests."""
        tip = max(self._chain.tip_wei(), _LEAST_TIP_WEI)
        most = 2 * newest.base_fee_wei + tip
        if most > self._fee_limit_wei:
            raise LedgerError(
                f"gas costs up to {most / 1e9:.3g} gwei now, more than the limit of {self._fee_limit_wei / 1e9:.3g} "
                "gwei; wait, or raise evm_fee_limit_gwei"
            )
        return {"maxFeePerGas": most, "maxPriorityFeePerGas": min(tip, most)}

    def _can_pay(self, most_wei: int) -> None:
        held = self._chain.balance_wei(self.address)
        if held < most_wei:
            raise LedgerError(
                f"the operator {self.address} holds {held / 1e18:.6f} coins and needs up to {most_wei / 1e18:.6f} for "
                "gas; fund it"
            )

    def _sign(self, fields: dict[str, int | str], batch_id: str, newest: Block) -> Sent:
        signed = self._account.sign_transaction(fields)
        return Sent(
            hash="0x" + bytes(signed.hash).hex(),
            nonce=int(fields["nonce"]),
            batch_id=batch_id,
            fields=fields,
            raw=bytes(signed.raw_transaction),
            block=newest.number,
        )

    def _hand_over(self, sent: Sent) -> None:
        try:
            self._chain.broadcast(sent.raw)
        except LedgerError:
            if not self._chain.knows(sent.hash) and self._chain.count(self.address) <= sent.nonce:
                raise
