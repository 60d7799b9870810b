# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Certificates of origin of c4e-opt
@license Apache-2.0
@notice ERC-1155. One id is the production of one plant in one interval, counted in whole Wh.
@dev The id is the keccak-256 of plant, start and length. All intervals of a plant have one length and start at whole
     multiples of it, so that no two of them overlap; each is issued once. Nothing is issued twice, therefore.
     What is cancelled has been allocated to consumption: it stays on record and moves no more.
"""

from ethereum.ercs import IERC165

implements: IERC165

MOST: constant(uint256) = 100
REASON_BYTES: constant(uint256) = 160


interface Receiver:
    def onERC1155Received(
        operator: address, holder: address, id: uint256, amount: uint256, extra: Bytes[1024]
    ) -> bytes4: nonpayable
    def onERC1155BatchReceived(
        operator: address,
        holder: address,
        ids: DynArray[uint256, MOST],
        amounts: DynArray[uint256, MOST],
        extra: Bytes[1024],
    ) -> bytes4: nonpayable


struct Origin:
    plant: bytes32  # keccak-256 of the plant's name
    start: uint64  # seconds since 1970
    length: uint64  # seconds
    issued: uint256  # Wh
    cancelled: uint256  # Wh


event TransferSingle:
    operator: indexed(address)
    holder: indexed(address)
    receiver: indexed(address)
    id: uint256
    amount: uint256


event TransferBatch:
    operator: indexed(address)
    holder: indexed(address)
    receiver: indexed(address)
    ids: DynArray[uint256, MOST]
    amounts: DynArray[uint256, MOST]


event ApprovalForAll:
    holder: indexed(address)
    operator: indexed(address)
    approved: bool


event Issued:
    id: indexed(uint256)
    plant: indexed(bytes32)
    start: uint64
    length: uint64
    amount: uint256


event Cancelled:
    id: indexed(uint256)
    holder: indexed(address)
    amount: uint256
    consumption: bytes32
    beneficiary: String[REASON_BYTES]


event IssuerOffered:
    issuer: indexed(address)
    offered: indexed(address)


event IssuerChanged:
    former: indexed(address)
    issuer: indexed(address)


issuer: public(address)
offered: public(address)
balanceOf: public(HashMap[address, HashMap[uint256, uint256]])
isApprovedForAll: public(HashMap[address, HashMap[address, bool]])
origins: public(HashMap[uint256, Origin])
lengths: public(HashMap[bytes32, uint64])


@deploy
def __init__(issuer: address):
    assert issuer != empty(address), "issuer missing"
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
@view
def supportsInterface(interface_id: bytes4) -> bool:
    """
    @notice ERC-165 and ERC-1155.
    """
    return interface_id in [0x01ffc9a7, 0xd9b67a26]


@external
@view
def balanceOfBatch(holders: DynArray[address, MOST], ids: DynArray[uint256, MOST]) -> DynArray[uint256, MOST]:
    """
    @notice What several hold.
    """
    assert len(holders) == len(ids), "other lengths"
    found: DynArray[uint256, MOST] = []
    for place: uint256 in range(len(ids), bound=MOST):
        found.append(self.balanceOf[holders[place]][ids[place]])
    return found


@external
def setApprovalForAll(operator: address, approved: bool):
    """
    @notice Let somebody give all that one holds, or no longer.
    """
    self.isApprovedForAll[msg.sender][operator] = approved
    log ApprovalForAll(holder=msg.sender, operator=operator, approved=approved)


@external
@pure
def id_of(plant: bytes32, start: uint64, length: uint64) -> uint256:
    """
    @notice The id of one interval of one plant.
    """
    return self._id(plant, start, length)


@external
def issue(to: address, plant: bytes32, start: uint64, length: uint64, amount: uint256) -> uint256:
    """
    @notice Issue what a plant has put into the grid in one interval.
    @param amount Wh.
    """
    assert msg.sender == self.issuer, "not the issuer"
    assert to != empty(address) and to != self, "nobody receives"
    assert amount > 0, "nothing issued"
    assert length > 0 and start % length == 0, "not on the clock"
    assert start + length <= convert(block.timestamp, uint64), "not over yet"
    if self.lengths[plant] == 0:
        self.lengths[plant] = length
    assert self.lengths[plant] == length, "another length"
    id: uint256 = self._id(plant, start, length)
    assert self.origins[id].issued == 0, "issued before"
    self.origins[id] = Origin(plant=plant, start=start, length=length, issued=amount, cancelled=0)
    self.balanceOf[to][id] += amount
    log Issued(id=id, plant=plant, start=start, length=length, amount=amount)
    log TransferSingle(operator=msg.sender, holder=empty(address), receiver=to, id=id, amount=amount)
    self._tell_one(empty(address), to, id, amount, b"")
    return id


@external
def cancel(holder: address, id: uint256, amount: uint256, consumption: bytes32, beneficiary: String[REASON_BYTES]):
    """
    @notice Allocate certificates to consumption; they are gone for good.
    @param consumption Digest of the readings that they cover.
    """
    assert msg.sender == holder or self.isApprovedForAll[holder][msg.sender], "not allowed"
    assert amount > 0, "nothing cancelled"
    assert self.balanceOf[holder][id] >= amount, "too little held"
    self.balanceOf[holder][id] -= amount
    self.origins[id].cancelled += amount
    log Cancelled(id=id, holder=holder, amount=amount, consumption=consumption, beneficiary=beneficiary)
    log TransferSingle(operator=msg.sender, holder=holder, receiver=empty(address), id=id, amount=amount)


@external
def safeTransferFrom(holder: address, to: address, id: uint256, amount: uint256, extra: Bytes[1024]):
    """
    @notice Give certificates of one interval.
    """
    assert msg.sender == holder or self.isApprovedForAll[holder][msg.sender], "not allowed"
    self._move(holder, to, id, amount)
    log TransferSingle(operator=msg.sender, holder=holder, receiver=to, id=id, amount=amount)
    self._tell_one(holder, to, id, amount, extra)


@external
def safeBatchTransferFrom(
    holder: address,
    to: address,
    ids: DynArray[uint256, MOST],
    amounts: DynArray[uint256, MOST],
    extra: Bytes[1024],
):
    """
    @notice Give certificates of several intervals, all or none.
    """
    assert msg.sender == holder or self.isApprovedForAll[holder][msg.sender], "not allowed"
    assert len(ids) == len(amounts), "other lengths"
    for place: uint256 in range(len(ids), bound=MOST):
        self._move(holder, to, ids[place], amounts[place])
    log TransferBatch(operator=msg.sender, holder=holder, receiver=to, ids=ids, amounts=amounts)
    if to.is_contract:
        answer: bytes4 = extcall Receiver(to).onERC1155BatchReceived(msg.sender, holder, ids, amounts, extra)
        assert answer == 0xbc197c81, "receiver refuses"


@internal
@pure
def _id(plant: bytes32, start: uint64, length: uint64) -> uint256:
    return convert(keccak256(abi_encode(plant, start, length)), uint256)


@internal
def _move(holder: address, to: address, id: uint256, amount: uint256):
    assert to != empty(address) and to != self, "nobody receives"
    assert self.balanceOf[holder][id] >= amount, "too little held"
    self.balanceOf[holder][id] -= amount
    self.balanceOf[to][id] += amount


@internal
def _tell_one(holder: address, to: address, id: uint256, amount: uint256, extra: Bytes[1024]):
    if to.is_contract:
        answer: bytes4 = extcall Receiver(to).onERC1155Received(msg.sender, holder, id, amount, extra)
        assert answer == 0xf23a6e61, "receiver refuses"
