# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Energy token of c4e-opt
@license Apache-2.0
@notice ERC-20. The issuer mints what was produced and metered, and burns what was consumed.
@dev Demurrage is not in here: the supplier's decay is computed off the chain, exactly, and burnt by the issuer like
     consumption. So a balance is what the ERC says, and no holder's balance moves without an event.
"""

from ethereum.ercs import IERC20

implements: IERC20

NAME_BYTES: constant(uint256) = 64


event Transfer:
    sender: indexed(address)
    receiver: indexed(address)
    value: uint256


event Approval:
    owner: indexed(address)
    spender: indexed(address)
    value: uint256


event Minted:
    receiver: indexed(address)
    value: uint256
    basis: bytes32


event Burnt:
    holder: indexed(address)
    value: uint256
    basis: bytes32


event IssuerOffered:
    issuer: indexed(address)
    offered: indexed(address)


event IssuerChanged:
    former: indexed(address)
    issuer: indexed(address)


name: public(String[NAME_BYTES])
symbol: public(String[16])
decimals: public(uint8)
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
issuer: public(address)
offered: public(address)
used: public(HashMap[bytes32, bool])


@deploy
def __init__(name: String[NAME_BYTES], symbol: String[16], decimals: uint8, issuer: address):
    assert issuer != empty(address), "issuer missing"
    self.name = name
    self.symbol = symbol
    self.decimals = decimals
    self.issuer = issuer
    log IssuerChanged(former=empty(address), issuer=issuer)


@external
def offer(to: address):
    """
    @notice Offer the issuer's role; nothing changes until it is accepted. An offer to nobody takes it back.
    """
    assert msg.sender == self.issuer, "not the issuer"
    self.offered = to
    log IssuerOffered(issuer=msg.sender, offered=to)


@external
def accept():
    """
    @notice Take the issuer's role that was offered to the caller.
    """
    assert msg.sender == self.offered, "not offered"
    former: address = self.issuer
    self.issuer = msg.sender
    self.offered = empty(address)
    log IssuerChanged(former=former, issuer=msg.sender)


@external
def mint(to: address, amount: uint256, basis: bytes32):
    """
    @notice Make tokens, once for each basis.
    @param basis Digest of the reading that says so.
    """
    assert msg.sender == self.issuer, "not the issuer"
    self._use(basis)
    assert to != empty(address) and to != self, "nobody receives"
    self.totalSupply += amount
    self.balanceOf[to] += amount
    log Minted(receiver=to, value=amount, basis=basis)
    log Transfer(sender=empty(address), receiver=to, value=amount)


@external
def burn(holder: address, amount: uint256, basis: bytes32):
    """
    @notice Take tokens out of the world: consumption and demurrage by the issuer, or the holder's own; once a basis.
    @param basis Digest of the reading, or of the rule of decay and the time.
    """
    assert msg.sender == self.issuer or msg.sender == holder, "neither issuer nor holder"
    if msg.sender == self.issuer:
        self._use(basis)
    assert self.balanceOf[holder] >= amount, "too little held"
    self.balanceOf[holder] -= amount
    self.totalSupply -= amount
    log Burnt(holder=holder, value=amount, basis=basis)
    log Transfer(sender=holder, receiver=empty(address), value=amount)


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Give tokens of one's own.
    """
    self._move(msg.sender, to, amount)
    return True


@external
def transferFrom(holder: address, to: address, amount: uint256) -> bool:
    """
    @notice Give tokens of somebody who allowed it; an allowance of 2**256 - 1 is not used up.
    """
    allowed: uint256 = self.allowance[holder][msg.sender]
    assert allowed >= amount, "not allowed"
    if allowed != max_value(uint256):
        self.allowance[holder][msg.sender] = allowed - amount
    self._move(holder, to, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @notice Allow somebody to give so much; says anew what may be given.
    """
    self.allowance[msg.sender][spender] = amount
    log Approval(owner=msg.sender, spender=spender, value=amount)
    return True


@internal
def _use(basis: bytes32):
    assert basis != empty(bytes32), "basis missing"
    assert not self.used[basis], "basis used before"
    self.used[basis] = True


@internal
def _move(holder: address, to: address, amount: uint256):
    assert to != empty(address) and to != self, "nobody receives"
    assert self.balanceOf[holder] >= amount, "too little held"
    self.balanceOf[holder] -= amount
    self.balanceOf[to] += amount
    log Transfer(sender=holder, receiver=to, value=amount)
