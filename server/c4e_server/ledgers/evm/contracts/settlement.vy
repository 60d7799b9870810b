# pragma version 0.4.3
# pragma evm-version cancun
"""
@title Settlement of c4e-opt
@license Apache-2.0
@notice Double entry of batches: each is booked whole or not at all, once by its id, and sums to zero in every asset.
@dev What a batch adds to an account in one asset is one entry; its steps are netted before it comes here, and the
     digest of the whole batch, steps included, is kept beside its id. Entries stand in ascending order of asset, then
     account: so each occurs once, and one running sum proves the balance.

     An account is the keccak-256 of its name, an asset that of its id. Names are told by events, once each.
     Accounts "wallet:..." and "escrow:..." never fall below zero; all others may.

     A batch that does not fit into one transaction comes in parts. Parts write amounts beside those that count
     (`Cell.value` and `Cell.before`), under a serial number of their own; the last part makes them count, all at
     once, and a dropped batch leaves them behind uncounted. Only one batch is open at a time.

     A hold is a batch that expires: it moves assets into accounts "escrow:...", and none out. It is ended once, by a
     batch that names it and takes out of escrow what it put in: until it expires with whatever was agreed, from then
     on only with the opposite of all its entries. Nothing else moves an escrow, and neither of the two is reversed.

     What an asset means (kind and decimals) is fixed by the first part that names it, also of a batch that is dropped.
"""

MOST_ENTRIES: constant(uint256) = 160
MOST_NAMES: constant(uint256) = 160
MOST_ASSETS: constant(uint256) = 32
MOST_READ: constant(uint256) = 1000
NAME_BYTES: constant(uint256) = 160
KIND_BYTES: constant(uint256) = 32

# Kinds of accounts; zero is an account that was never named.
RUNNING: constant(uint256) = 1
WALLET: constant(uint256) = 2
ESCROW: constant(uint256) = 3


struct Head:
    id: bytes32
    digest: bytes32  # of the whole content
    postings: uint64  # before steps were netted
    expires: uint64  # seconds since 1970, on a hold; zero otherwise
    reverses: bytes32  # the batch that this one takes back; zero otherwise
    ends: bytes32  # the hold that this one ends; zero otherwise


struct Asset:
    name: String[NAME_BYTES]
    kind: String[KIND_BYTES]
    decimals: uint8


struct Entry:
    account: bytes32
    asset: uint256  # place among the assets of the same part
    amount: int256  # minor units, positive when the account receives them


struct Cell:
    tag: uint256  # kind of the account in the low 8 bits, above them the serial of the batch in parts that wrote last
    value: int256
    before: int256  # what counts instead of `value` while that batch is open, and when it was dropped


struct Kept:
    digest: bytes32
    content: bytes32  # of the entries, see `Run`
    escrow: bytes32  # of a hold's entries in escrow, see `Run`
    link: bytes32  # the batch that it reverses, or the hold that it ends
    undone: bytes32  # the batch that reversed it or ended it
    facts: uint256  # from the low bits: 64 block, 64 postings, 64 expiry, 8 whether it ends a hold


struct Record:
    digest: bytes32
    reverses: bytes32
    ends: bytes32
    undone: bytes32
    expires: uint64
    postings: uint64
    block: uint64


struct Run:  # what one part of a batch hands on to the next
    asset: bytes32
    account: bytes32
    total: int256
    content: bytes32  # keccak-256 over (content so far, asset, account, amount)
    mirror: bytes32  # the same with every amount negated
    escrow: bytes32  # as content, of entries in escrow only: what a hold puts in, what an end takes out


struct Open:
    id: bytes32
    head: bytes32  # keccak-256 of the whole Head
    serial: uint256
    parts: uint256


event AccountNamed:
    account: indexed(bytes32)
    name: String[NAME_BYTES]


event AssetNamed:
    asset: indexed(bytes32)
    name: String[NAME_BYTES]
    kind: String[KIND_BYTES]
    decimals: uint8


event Booked:
    id: indexed(bytes32)
    digest: bytes32
    reverses: bytes32
    ends: bytes32
    expires: uint64
    postings: uint64


event Dropped:
    id: indexed(bytes32)
    parts: uint256


event Anchored:
    place: indexed(uint64)
    head: bytes32


event OperatorOffered:
    operator: indexed(address)
    offered: indexed(address)


event OperatorChanged:
    former: indexed(address)
    operator: indexed(address)


born: public(uint256)  # block of the deployment, where events begin
operator: public(address)
offered: public(address)
anchored: public(uint64)
anchors: public(HashMap[uint64, bytes32])
kinds: public(HashMap[bytes32, uint256])
meanings: public(HashMap[bytes32, bytes32])
open: public(Open)
run: Run
serials: uint256
dropped: HashMap[uint256, bool]
kept: HashMap[bytes32, Kept]
cells: HashMap[bytes32, HashMap[bytes32, Cell]]


@deploy
def __init__(operator: address):
    assert operator != empty(address), "operator missing"
    self.operator = operator
    self.born = block.number
    log OperatorChanged(former=empty(address), operator=operator)


@external
def offer(to: address):
    """
    @notice Offer the operator's role; nothing changes until it is accepted. An offer to nobody takes it back.
    """
    assert msg.sender == self.operator, "not the operator"
    self.offered = to
    log OperatorOffered(operator=msg.sender, offered=to)


@external
def accept():
    """
    @notice Take the operator's role that was offered to the caller.
    """
    assert msg.sender == self.offered, "not offered"
    former: address = self.operator
    self.operator = msg.sender
    self.offered = empty(address)
    log OperatorChanged(former=former, operator=msg.sender)


@external
def anchor(place: uint64, head: bytes32):
    """
    @notice Keep the head of a journal's chain at a place; places ascend. The same again changes nothing.
    """
    assert msg.sender == self.operator, "not the operator"
    assert head != empty(bytes32), "anchor empty"
    if self.anchors[place] == head:
        return
    assert place > self.anchored, "anchor not ahead"
    self.anchored = place
    self.anchors[place] = head
    log Anchored(place=place, head=head)


@external
def name(names: DynArray[String[NAME_BYTES], MOST_NAMES]):
    """
    @notice Name accounts; those that are named already stay as they are.
    """
    assert msg.sender == self.operator, "not the operator"
    for each: String[NAME_BYTES] in names:
        self._name(each)


@external
def drop(id: bytes32):
    """
    @notice Give up the batch that is open; none of its parts count, and its id is free again.
    """
    assert msg.sender == self.operator, "not the operator"
    assert id != empty(bytes32) and self.open.id == id, "not open"
    log Dropped(id=id, parts=self.open.parts)
    self.dropped[self.open.serial] = True
    self.open = empty(Open)


@external
def book(
    head: Head,
    part: uint256,
    last: bool,
    assets: DynArray[Asset, MOST_ASSETS],
    names: DynArray[String[NAME_BYTES], MOST_NAMES],
    entries: DynArray[Entry, MOST_ENTRIES],
) -> bool:
    """
    @notice Book a batch, or one part of it.
    @param head What the batch is; the same with every part.
    @param part Place of this part, from zero.
    @param last Whether the batch ends with this part. Part zero that is the last one is a whole batch.
    @param assets What the entries of this part count.
    @param names Accounts that may be new.
    @param entries Ascending by asset and account, over all parts.
    @return Whether anything changed: a batch that is booked already, with the same digest, changes nothing.
    """
    assert msg.sender == self.operator, "not the operator"
    assert head.id != empty(bytes32) and head.digest != empty(bytes32), "id or digest missing"
    if self.kept[head.id].digest != empty(bytes32):
        assert self.kept[head.id].digest == head.digest, "other content"
        return False

    linked: bool = head.reverses != empty(bytes32) or head.ends != empty(bytes32)
    serial: uint256 = 0
    run: Run = empty(Run)
    if part == 0:
        assert self.open.id == empty(bytes32), "another is open"
        self._permit(head)
        if not last:
            self.serials += 1
            serial = self.serials
            self.open = Open(id=head.id, head=keccak256(abi_encode(head)), serial=serial, parts=1)
    else:
        assert self.open.id == head.id, "not open"
        assert self.open.head == keccak256(abi_encode(head)), "other head"
        assert self.open.parts == part, "other part"
        serial = self.open.serial
        self.open.parts = part + 1
        run = self.run

    for each: String[NAME_BYTES] in names:
        self._name(each)
    ids: DynArray[bytes32, MOST_ASSETS] = []
    for each: Asset in assets:
        ids.append(self._asset(each))

    for entry: Entry in entries:
        asset: bytes32 = ids[entry.asset]
        if asset == run.asset:
            assert convert(entry.account, uint256) > convert(run.account, uint256), "out of order"
        else:
            assert run.total == 0, "unbalanced"
            assert convert(asset, uint256) > convert(run.asset, uint256), "out of order"
            run.asset = asset
        run.account = entry.account
        run.total += entry.amount
        run.content = keccak256(concat(run.content, asset, entry.account, convert(entry.amount, bytes32)))
        if linked:
            run.mirror = keccak256(concat(run.mirror, asset, entry.account, convert(-entry.amount, bytes32)))
        if self._add(serial, entry.account, asset, entry.amount) == ESCROW:
            assert head.expires != 0 or head.ends != empty(bytes32), "escrow moved"
            put: int256 = entry.amount if head.expires != 0 else -entry.amount
            assert put > 0, "escrow taken"
            run.escrow = keccak256(concat(run.escrow, asset, entry.account, convert(put, bytes32)))

    if last:
        self._finish(head, run)
    else:
        self.run = run
    return True


@external
@view
def record(id: bytes32) -> Record:
    """
    @notice What is kept of a batch; all zero when it is not booked.
    """
    kept: Kept = self.kept[id]
    ends: bool = (kept.facts >> 192) == 1
    return Record(
        digest=kept.digest,
        reverses=empty(bytes32) if ends else kept.link,
        ends=kept.link if ends else empty(bytes32),
        undone=kept.undone,
        expires=convert((kept.facts >> 128) & convert(max_value(uint64), uint256), uint64),
        postings=convert((kept.facts >> 64) & convert(max_value(uint64), uint256), uint64),
        block=convert(kept.facts & convert(max_value(uint64), uint256), uint64),
    )


@external
@view
def balances(asset: bytes32, accounts: DynArray[bytes32, MOST_READ]) -> DynArray[int256, MOST_READ]:
    """
    @notice What accounts hold of an asset, by all booked batches.
    """
    found: DynArray[int256, MOST_READ] = []
    for account: bytes32 in accounts:
        cell: Cell = self.cells[account][asset]
        serial: uint256 = cell.tag >> 8
        counts: bool = serial == 0 or not (serial == self.open.serial or self.dropped[serial])
        found.append(cell.value if counts else cell.before)
    return found


@internal
@view
def _permit(head: Head):
    """
    @dev Refuse a batch that no hold or reversal allows, whatever its entries are.
    """
    if head.expires != 0:
        assert head.ends == empty(bytes32) and head.reverses == empty(bytes32), "two phases"
    if head.reverses != empty(bytes32):
        assert head.ends == empty(bytes32), "two phases"
        kept: Kept = self.kept[head.reverses]
        assert kept.digest != empty(bytes32), "reverses unknown"
        assert (kept.facts >> 128) & convert(max_value(uint64), uint256) == 0, "reverses a hold"
        assert kept.facts >> 192 == 0, "reverses an end"
        assert kept.link == empty(bytes32), "reverses a reversal"
        assert kept.undone == empty(bytes32), "reversed before"
    if head.ends != empty(bytes32):
        kept: Kept = self.kept[head.ends]
        assert (kept.facts >> 128) & convert(max_value(uint64), uint256) != 0, "ends no hold"
        assert kept.undone == empty(bytes32), "ended before"


@internal
def _name(name: String[NAME_BYTES]):
    account: bytes32 = keccak256(name)
    if self.kinds[account] != 0:
        return
    kind: uint256 = RUNNING
    if name == "wallet":
        kind = WALLET
    elif len(name) >= 7:
        word: String[7] = slice(name, 0, 7)
        if word == "wallet:":
            kind = WALLET
        elif word == "escrow:":
            kind = ESCROW
    self.kinds[account] = kind
    log AccountNamed(account=account, name=name)


@internal
def _asset(asset: Asset) -> bytes32:
    id: bytes32 = keccak256(asset.name)
    meaning: bytes32 = keccak256(abi_encode(asset.kind, asset.decimals))
    known: bytes32 = self.meanings[id]
    if known == empty(bytes32):
        self.meanings[id] = meaning
        log AssetNamed(asset=id, name=asset.name, kind=asset.kind, decimals=asset.decimals)
    else:
        assert known == meaning, "other decimals"
    return id


@internal
def _add(serial: uint256, account: bytes32, asset: bytes32, amount: int256) -> uint256:
    """
    @dev Add to one cell, at once (serial zero) or beside what counts, and return the kind of the account.
    """
    assert amount != 0, "nothing moves"
    tag: uint256 = self.cells[account][asset].tag
    kind: uint256 = tag & 255
    if kind == 0:
        kind = self.kinds[account]
        assert kind != 0, "account unnamed"
    writer: uint256 = tag >> 8
    held: int256 = self.cells[account][asset].value
    if writer != 0 and self.dropped[writer]:
        held = self.cells[account][asset].before
        writer = 0
    total: int256 = held + amount
    assert kind == RUNNING or total >= 0, "overspent"
    if serial != 0:
        self.cells[account][asset].before = held
        writer = serial
    self.cells[account][asset].value = total
    if tag != (writer << 8 | kind):
        self.cells[account][asset].tag = writer << 8 | kind
    return kind


@internal
def _finish(head: Head, run: Run):
    """
    @dev Make a batch count.
    """
    assert run.total == 0, "unbalanced"
    if head.expires != 0:
        assert run.escrow != empty(bytes32), "nothing held"
        assert block.timestamp < convert(head.expires, uint256), "expires before"
    link: bytes32 = head.reverses
    ends: uint256 = 0
    if head.reverses != empty(bytes32):
        assert run.mirror == self.kept[head.reverses].content, "not the opposite"
        self.kept[head.reverses].undone = head.id
    if head.ends != empty(bytes32):
        assert run.escrow == self.kept[head.ends].escrow, "other escrow"
        expires: uint256 = (self.kept[head.ends].facts >> 128) & convert(max_value(uint64), uint256)
        assert block.timestamp < expires or run.mirror == self.kept[head.ends].content, "expired"
        self.kept[head.ends].undone = head.id
        link = head.ends
        ends = 1
    facts: uint256 = block.number | convert(head.postings, uint256) << 64 | convert(head.expires, uint256) << 128
    self.kept[head.id] = Kept(
        digest=head.digest,
        content=run.content,
        escrow=run.escrow if head.expires != 0 else empty(bytes32),
        link=link,
        undone=empty(bytes32),
        facts=facts | ends << 192,
    )
    if self.open.id != empty(bytes32):
        self.open = empty(Open)
    log Booked(
        id=head.id,
        digest=head.digest,
        reverses=head.reverses,
        ends=head.ends,
        expires=head.expires,
        postings=head.postings,
    )
