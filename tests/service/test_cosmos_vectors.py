"""Addresses, sign bytes, signatures and messages are those that others published or write.

Published vectors: `@cosmjs/proto-signing` 0.24.1 on npm, build/testutils.spec.js and directsecp256k1hdwallet.spec.js;
`bip_utils` 2.12.3 on PyPI, tests/bip/bip44, tests/bech32 and tests/addr; BIP-173, section Test vectors.
Written by two other encoders, which agree: cosmjs-types 0.9.0 (npm) and cosmpy 0.12.2 (PyPI); see `THEIRS`.
"""

from __future__ import annotations

import base64

import pytest

from c4e_server.ledgers.cosmos import bech32, wire
from c4e_server.ledgers.cosmos.keys import Key, address_of, is_signed
from c4e_server.ledgers.cosmos.signing import auth_of, body_of, hash_of, sign_bytes, signed

FAUCET = (
    "economy stock theory fatal elder harbor betray wasp final emotion task crumble siren bottom lizard educate "
    "guess current outdoor pair theory focus wife stone"
)
PUBLIC = base64.b64decode("A08EGB7ro1ORuFhjOnZcSgwYlpe0DSFjVNUIkNNQxwKQ")
GIVER = "cosmos1pkptre7fdkl6gfrzlesjjvhxhlc3r4gmmk8rs6"

#: Sequence 0 to 2: signature, and SHA-256 of the sign bytes and of the signed transaction as published.
SIGNED = (
    (
        "c9dd20e07464d3a688ff4b710b1fbc027e495e797cfa0b4804da2ed117959227"
        "772de059808f765aa29b8f92edf30f4c2c5a438e30d3fe6897daa7141e3ce6f9",
        "5d5967f13a4ff2045594ece00ad7bef5c61b149a559b15fd948af00fb93b31d3",
        "61c87b6853590ffe339d8423e439cd9e4e742424357ffef4108280e1443de245",
    ),
    (
        "525adc7e61565a509c60497b798c549fbf217bb5cd31b24cc9b419d098cc9533"
        "0c99ecc4bc72448f85c365a4e3f91299a3d40412fb3751bab82f1940a83a0a4c",
        "fd18ce2b5adfafc41c010110e4b3606718eaabd12275cc75c10166034dadcea5",
        "20a39d30186bc4f7a26668f12f8c42527f5b9a67f998ac49754b2d090fee4b5e",
    ),
    (
        "f3f2ca73806f2abbf6e0fe85f9b8af66f0e9f7f79051fdb8abe5bb8633b17da1"
        "32e82d577b9d5f7a6dae57a144efc9ccc6eef15167b44b3b22a57240109762af",
        "8889cce4645999ee6089c996a17319b9f702a01fcd96109074a3d09e8ea13c49",
        "fc7e1a0d8917096fefc6063fc7754fdeac443d2ab44e983826dfe9ff51e9352e",
    ),
)
#: Of sequence 0, as published.
SIGN_BYTES = (
    "0a93010a90010a1c2f636f736d6f732e62616e6b2e763162657461312e4d736753656e6412700a2d636f736d6f7331706b70"
    "7472653766646b6c366766727a6c65736a6a766878686c63337234676d6d6b38727336122d636f736d6f7331717970717870"
    "713971637273737a673270767871367273307a716733797963356c7a763778751a100a0575636f736d120731323334353637"
    "12650a4e0a460a1f2f636f736d6f732e63727970746f2e736563703235366b312e5075624b657912230a21034f04181eeba3"
    "5391b858633a765c4a0c189697b40d216354d50890d350c7029012040a02080112130a0d0a0575636f736d12043230303010"
    "c09a0c1a0c73696d642d74657374696e672001"
)


@pytest.mark.parametrize(
    ("mnemonic", "address"),
    [
        (FAUCET, GIVER),  # cosmjs
        (  # cosmjs
            "special sign fit simple patrol salute grocery chicken wheat radar tonight ceiling",
            "cosmos1jhg0e7s6gn44tfc5k37kr04sznyhedtc9rzys5",
        ),
        (  # cosmjs: "the same address as Go implementation"
            "oyster design unusual machine spread century engine gravity focus cave carry slot",
            "cosmos1cjsxept9rkggzxztslae9ndgpdyt2408lk850u",
        ),
        (f"{'abandon ' * 11}about", "cosmos19rl4cm2hmr8afy4kldpxz3fka4jguq0auqdal4"),  # bip_utils
    ],
)
def test_a_mnemonic_has_the_published_address(mnemonic: str, address: str) -> None:
    assert Key.from_mnemonic(mnemonic).address("cosmos") == address
    assert Key.from_text(f" {mnemonic}\n").address("cosmos") == address


def _published_parts(sequence: int) -> tuple[bytes, bytes]:
    send = wire.make(
        "cosmos.bank.v1beta1.MsgSend",
        from_address=GIVER,
        to_address="cosmos1qypqxpq9qcrsszg2pvxq6rs0zqg3yyc5lzv7xu",
        amount=[wire.make("cosmos.base.v1beta1.Coin", denom="ucosm", amount="1234567")],
    )
    return body_of([wire.packed(send)]), auth_of(PUBLIC, sequence, {"ucosm": 2000}, 200_000)


@pytest.mark.parametrize("sequence", range(3))
def test_a_transaction_is_the_published_one_byte_by_byte(sequence: int) -> None:
    """A signature fixes the sign bytes, so that only those of sequence 0 stand here in full."""
    signature, of_sign_bytes, of_transaction = SIGNED[sequence]
    body, auth = _published_parts(sequence)
    content = sign_bytes(body, auth, "simd-testing", 1)
    assert hash_of(content).lower() == of_sign_bytes
    assert sequence or content.hex() == SIGN_BYTES
    key = Key.from_mnemonic(FAUCET)
    assert key.public == PUBLIC
    assert key.sign(content).hex() == signature
    assert hash_of(signed(body, auth, "simd-testing", 1, key)).lower() == of_transaction
    assert is_signed(PUBLIC, content, bytes.fromhex(signature))


def test_a_signature_holds_for_nothing_else() -> None:
    signature = bytes.fromhex(SIGNED[0][0])
    body, auth = _published_parts(0)
    content = sign_bytes(body, auth, "simd-testing", 1)
    high = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 - int.from_bytes(signature[32:])
    assert not is_signed(PUBLIC, content, signature[:32] + high.to_bytes(32)), "s in the upper half is taken"
    assert not is_signed(PUBLIC, sign_bytes(body, auth, "simd-testing", 2), signature)
    assert not is_signed(PUBLIC, sign_bytes(body, auth, "simd-testing-2", 1), signature)
    assert not is_signed(Key(1).public, content, signature)
    assert not is_signed(PUBLIC, content, signature[:-1])


def test_public_keys_and_bytes_have_the_published_addresses() -> None:
    """Those of bip_utils."""
    public = bytes.fromhex("039cb22e5c6ce15e06b76d5725dcf084b87357d926dcdfeeb20d628d3d11ff543b")
    assert address_of(public, "cosmos") == "cosmos1zewfm2c4s6uv5s4rywksqden8dvya4wmqyyvek"
    for raw, text in (
        ("751e76e8199196d454941c45d1b3a323f1433bd6", "cosmos1w508d6qejxtdg4y5r3zarvary0c5xw7k6ah60c"),
        ("18abaed50b7c1176308baa094b054383b775f12c", "band1rz46a4gt0sghvvyt4gy5kp2rswmhtufv49nfef"),
    ):
        assert bech32.decode(text) == (text.split("1")[0], bytes.fromhex(raw))
        assert bech32.encode(text.split("1")[0], bytes.fromhex(raw)) == text


def test_valid_and_invalid_texts_are_those_of_bip_173() -> None:
    assert bech32.decode("A12UEL5L") == ("a", b"")
    prefix, content = bech32.decode("abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw")
    assert (prefix, content.hex()) == ("abcdef", "00443214c74254b635cf84653a56d7c675be77df")
    wrong = ("pzry9x0s0muk", "1pzry9x0s0muk", "x1b4n0q5v", "li1dgmt3", "A1G7SGD8", "10a06t8", "1qzzfhee")
    for text in (*wrong, "a12UEL5L", "\x7f1axkwrx", "c4e1", ""):
        with pytest.raises(ValueError, match=r"^(mixes|lacks|has|does not fit) "):
            bech32.decode(text)


#: Messages of each kind, as cosmjs-types and cosmpy write them.
THEIRS = {
    "send": ("0a0763346531616e6e120963346531686f7573651a0c0a0475633465120431323530"),
    "multi": (
        "0a190a0963346531686f757365120c0a047563346512043132353012170a0763346531626f62120c0a047563346512043130"
        "3030121b0a0c633465316f70657261746f72120b0a04756334651203323530"
    ),
    "contract": (
        "0a0963346531686f757365120c63346531636f6e74726163741a0d7b22616e63686f72223a7b7d7d2a090a0475633465120137"
    ),
    "exec": (
        "0a0c633465316f70657261746f7212420a1c2f636f736d6f732e62616e6b2e763162657461312e4d736753656e6412220a07"
        "63346531616e6e120963346531686f7573651a0c0a047563346512043132353012760a212f636f736d6f732e62616e6b2e76"
        "3162657461312e4d73674d756c746953656e6412510a190a0963346531686f757365120c0a04756334651204313235301217"
        "0a0763346531626f62120c0a0475633465120431303030121b0a0c633465316f70657261746f72120b0a0475633465120332"
        "3530125b0a242f636f736d7761736d2e7761736d2e76312e4d736745786563757465436f6e747261637412330a0963346531"
        "686f757365120c63346531636f6e74726163741a0d7b22616e63686f72223a7b7d7d2a090a0475633465120137"
    ),
    "body": (
        "0ac9020a1d2f636f736d6f732e617574687a2e763162657461312e4d73674578656312a7020a0c633465316f70657261746f"
        "7212420a1c2f636f736d6f732e62616e6b2e763162657461312e4d736753656e6412220a0763346531616e6e120963346531"
        "686f7573651a0c0a047563346512043132353012760a212f636f736d6f732e62616e6b2e763162657461312e4d73674d756c"
        "746953656e6412510a190a0963346531686f757365120c0a047563346512043132353012170a0763346531626f62120c0a04"
        "75633465120431303030121b0a0c633465316f70657261746f72120b0a04756334651203323530125b0a242f636f736d7761"
        "736d2e7761736d2e76312e4d736745786563757465436f6e747261637412330a0963346531686f757365120c63346531636f"
        "6e74726163741a0d7b22616e63686f72223a7b7d7d2a090a047563346512013712096334652d6f7074203118ac02"
    ),
    "auth": (
        "0a500a460a1f2f636f736d6f732e63727970746f2e736563703235366b312e5075624b657912230a21000102030405060708"
        "090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2012040a0208011807121f0a0c0a047563346512043630303010c0"
        "9a0c220b633465316772616e746572"
    ),
    "doc": (
        "0ada020ac9020a1d2f636f736d6f732e617574687a2e763162657461312e4d73674578656312a7020a0c633465316f706572"
        "61746f7212420a1c2f636f736d6f732e62616e6b2e763162657461312e4d736753656e6412220a0763346531616e6e120963"
        "346531686f7573651a0c0a047563346512043132353012760a212f636f736d6f732e62616e6b2e763162657461312e4d7367"
        "4d756c746953656e6412510a190a0963346531686f757365120c0a047563346512043132353012170a0763346531626f6212"
        "0c0a0475633465120431303030121b0a0c633465316f70657261746f72120b0a04756334651203323530125b0a242f636f73"
        "6d7761736d2e7761736d2e76312e4d736745786563757465436f6e747261637412330a0963346531686f757365120c633465"
        "31636f6e74726163741a0d7b22616e63686f72223a7b7d7d2a090a047563346512013712096334652d6f7074203118ac0212"
        "730a500a460a1f2f636f736d6f732e63727970746f2e736563703235366b312e5075624b657912230a210001020304050607"
        "08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2012040a0208011807121f0a0c0a047563346512043630303010"
        "c09a0c220b633465316772616e7465721a0a6334652d746573742d312005"
    ),
}


def _coins(amount: str) -> list[object]:
    return [wire.make("cosmos.base.v1beta1.Coin", denom="uc4e", amount=amount)]


def ours() -> dict[str, bytes]:
    ann, bob, house, operator = "c4e1ann", "c4e1bob", "c4e1house", "c4e1operator"
    bank = "cosmos.bank.v1beta1"
    send = wire.make(f"{bank}.MsgSend", from_address=ann, to_address=house, amount=_coins("1250"))
    multi = wire.make(
        f"{bank}.MsgMultiSend",
        inputs=[wire.make(f"{bank}.Input", address=house, coins=_coins("1250"))],
        outputs=[
            wire.make(f"{bank}.Output", address=bob, coins=_coins("1000")),
            wire.make(f"{bank}.Output", address=operator, coins=_coins("250")),
        ],
    )
    contract = wire.make(
        "cosmwasm.wasm.v1.MsgExecuteContract",
        sender=house,
        contract="c4e1contract",
        msg=b'{"anchor":{}}',
        funds=_coins("7"),
    )
    inside = [wire.packed(each) for each in (send, multi, contract)]
    lent = wire.make("cosmos.authz.v1beta1.MsgExec", grantee=operator, msgs=inside)
    body = body_of([wire.packed(lent)], "c4e-opt 1", 300)
    auth = auth_of(bytes(range(33)), 7, {"uc4e": 6000}, 200_000, "c4e1granter")
    doc = sign_bytes(body, auth, "c4e-test-1", 5)
    messages = {"send": send, "multi": multi, "contract": contract, "exec": lent}
    return {name: wire.written(each) for name, each in messages.items()} | {"body": body, "auth": auth, "doc": doc}


@pytest.mark.parametrize("name", THEIRS)
def test_a_message_has_the_bytes_that_others_write(name: str) -> None:
    assert ours()[name].hex() == THEIRS[name]


def test_keys_that_are_none_are_refused() -> None:
    for text in ("", "0" * 64, "f" * 64, "one two three", "zz" * 32):
        with pytest.raises(ValueError, match=r"mnemonic has|private key lies"):
            Key.from_text(text)
