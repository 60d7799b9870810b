"""Who calls is proven, or the call is refused: tokens, certificates and the keys behind them, at a real service."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import http.server
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa

from c4e_opt.case import Case
from c4e_server.client import AsyncClient, Client
from c4e_server.errors import InvalidConfig, NotAllowed, Unauthenticated, Unreachable
from c4e_server.security.access import Access
from c4e_server.security.keys import LEAST_WAIT_S, Keys
from c4e_server.security.rates import Rates
from c4e_server.security.tokens import Expected, Tokens
from tests.service.security_world import AUDIENCE, ISSUER, Authority, Issuer, World, part, world

Make = Callable[..., Case]


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("tokens")) as running:
        yield running


@pytest.mark.parametrize("key", ["ed", "rsa"])
def test_a_good_token_is_taken_from_either_kind_of_key(here: World, make_small: Make, key: str):
    with here.client("acme", ("market",), key=key) as client:
        assert client.solve(make_small()).outcome.has_schedule
        assert client.jobs() == []


def test_an_asynchronous_client_shows_its_token_over_tls_too(here: World, make_small: Make):
    async def calls() -> None:
        good = here.access(here.issuer.token("acme", ("market",)))
        async with AsyncClient(here.local.address, good, patience_s=0) as client:
            assert (await client.solve(make_small())).outcome.has_schedule
            submitted = await client.submit(make_small(), request_id="awaited")
            assert [job.request_id async for job in client.watch(submitted.request_id)][-1] == "awaited"
        async with AsyncClient(here.local.address, here.access(None), patience_s=0) as client:
            with pytest.raises(Unauthenticated):
                await client.solve(make_small())

    asyncio.run(calls())


def _none(issuer: Issuer) -> str:
    _, body, _ = issuer.token().split(".")
    return f"{part({'alg': 'none', 'typ': 'JWT', 'kid': 'ed'})}.{body}."


def _public_key_as_secret(issuer: Issuer) -> str:
    _, body, _ = issuer.token(key="rsa").split(".")
    pem = (
        issuer.keys["rsa"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    text = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': 'rsa'})}.{body}"
    return f"{text}.{part(hmac.new(pem, text.encode(), hashlib.sha256).digest())}"


def _other_body(issuer: Issuer) -> str:
    head, _, signature = issuer.token(roles=("party",), party="ann").split(".")
    return f"{head}.{issuer.token().split('.')[1]}.{signature}"


def _same_name_other_key(_: Issuer) -> str:
    return Issuer().token()


def _brought_its_own_key(_: Issuer) -> str:
    other = Issuer()
    jwk = json.loads(other.jwks("ed"))["keys"][0]
    return other.token(header={"jwk": jwk, "jku": "https://attacker.test/keys"})


BAD: dict[str, Callable[[Issuer], str | None]] = {
    "none": lambda _: None,
    "empty": lambda _: "",
    "no token": lambda _: "let me in",
    "dots": lambda _: "..",
    "expired": lambda issuer: issuer.token(iat=int(time.time()) - 900, exp=int(time.time()) - 300),
    "not yet": lambda issuer: issuer.token(nbf=int(time.time()) + 300),
    "made tomorrow": lambda issuer: issuer.token(iat=int(time.time()) + 80_000, exp=int(time.time()) + 80_600),
    "too long": lambda issuer: issuer.token(exp=int(time.time()) + 90_000),
    "never ends": lambda issuer: issuer.token(without="exp"),
    "times as text": lambda issuer: issuer.token(exp=str(int(time.time()) + 60)),
    "other audience": lambda issuer: issuer.token(aud="another-service"),
    "no audience": lambda issuer: issuer.token(without="aud"),
    "other issuer": lambda issuer: issuer.token(iss="https://attacker.test"),
    "no issuer": lambda issuer: issuer.token(without="iss"),
    "alg none": _none,
    "HS256 with the public key": _public_key_as_secret,
    "another body": _other_body,
    "another key of the same name": _same_name_other_key,
    "its own key": _brought_its_own_key,
    "unknown key": lambda issuer: issuer.token(header={"kid": "nobody"}),
    "no key name": lambda issuer: issuer.token(header={"kid": ""}),
    "no tenant": lambda issuer: issuer.token(without="c4e_tenant"),
    "empty tenant": lambda issuer: issuer.token(""),
    "tenant with a separator": lambda issuer: issuer.token("acme/x"),
    "tenant as a list": lambda issuer: issuer.token(c4e_tenant=["acme"]),
    "no roles": lambda issuer: issuer.token(roles=()),
    "unknown role": lambda issuer: issuer.token(roles=("operator", "root")),
    "roles as text": lambda issuer: issuer.token(roles="operator"),
    "party of none": lambda issuer: issuer.token(roles=("party",)),
}


@pytest.mark.parametrize("name", BAD)
def test_a_token_that_is_not_good_is_refused(here: World, name: str):
    with here.bare(BAD[name](here.issuer)) as client, pytest.raises(Unauthenticated) as caught:
        client.jobs()
    assert "Traceback" not in str(caught.value)


@pytest.mark.parametrize(
    "shown",
    [["Basic abc"], ["Bearer {}", "Bearer {}"], ["Bearer"], ["{}"]],
    ids=["basic", "two", "no token", "no scheme"],
)
def test_a_token_that_is_not_shown_as_one_is_refused(here: World, shown: list[str]):
    token = here.issuer.token()
    metadata = [("authorization", text.replace("{}", token)) for text in shown]
    with here.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/c4e.opt.v1.JobService/ListJobs")(b"", metadata=metadata)
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_who_does_not_say_who_it_is_learns_nothing_of_its_message(here: World):
    with here.channel() as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/c4e.opt.v1.JobService/GetJob")(b"\xff\xff")
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


def test_calls_in_the_clear_are_not_answered(here: World):
    with Client(here.local.address, Access()) as client, pytest.raises(Unreachable):
        client.jobs()


def test_a_service_of_another_authority_is_not_believed(here: World, tmp_path: Path):
    other = here.access(here.issuer.token(), ca=Authority(tmp_path).file)
    with Client(here.local.address, other) as client, pytest.raises(Unreachable):
        client.jobs()


def test_a_token_does_not_travel_in_the_clear_to_another_machine(tmp_path: Path):
    file = tmp_path / "token"
    file.write_text("x")
    with pytest.raises(InvalidConfig, match="in the clear"):
        Client("192.0.2.1:1", Access(token=file))


def test_keys_are_rotated_without_a_restart(here: World):
    old = here.issuer.token()
    with here.bare(old) as client:
        assert client.jobs() is not None
    here.issuer.keys["next"] = ed25519.Ed25519PrivateKey.generate()
    (here.folder / "keys.json").write_text(here.issuer.jwks("next", "rsa"))
    begin, taken = time.monotonic(), False
    while not taken and time.monotonic() < begin + LEAST_WAIT_S + 5:
        with here.client(key="next") as client:
            try:
                taken = client.jobs() is not None
            except Unauthenticated:
                time.sleep(0.5)
    assert taken
    for token in (old, here.issuer.token()):
        with here.bare(token) as client, pytest.raises(Unauthenticated, match="does not know"):
            client.jobs()


EXPECTED = Expected(issuer=ISSUER, audience=AUDIENCE, leeway_s=30.0, longest_s=86400.0)


def tenant_of(tokens: Tokens, token: str) -> str:
    """Whose a token is, as if it came over one connection."""
    return asyncio.run(tokens.identity(token, lambda: "line")).tenant


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_unknown_keys_make_the_service_read_again_once_and_not_more(tmp_path: Path):
    issuer, clock, file = Issuer(), Clock(), tmp_path / "keys.json"
    file.write_text(issuer.jwks("ed"))
    keys = Keys(str(file), clock=clock)
    clock.now = LEAST_WAIT_S
    assert keys.due("x1")
    keys.refresh("x1")
    assert not any(keys.due(f"x{number}") for number in range(1000))
    file.write_text(issuer.jwks("ed", "rsa"))
    keys.refresh("rsa")
    assert keys.find("rsa") is None
    clock.now += LEAST_WAIT_S
    keys.refresh("rsa")
    assert keys.find("rsa") is not None


def test_keys_that_cannot_be_read_again_are_trusted_for_an_hour_and_no_longer(tmp_path: Path):
    issuer, clock, file = Issuer(), Clock(), tmp_path / "keys.json"
    file.write_text(issuer.jwks())
    keys = Keys(str(file), refresh_s=300, clock=clock)
    tokens = Tokens(keys, EXPECTED, Rates(1, 1))
    known, other = issuer.token(), issuer.token("umbrella")
    assert tenant_of(tokens, known) == "acme"
    good = file.read_text()
    file.write_text("{}")
    clock.now = 3600
    assert tenant_of(tokens, known) == "acme"
    assert keys.find("ed") is not None
    clock.now = 4000
    for token in (known, other, known):
        with pytest.raises(Unauthenticated, match="could not read the keys"):
            tenant_of(tokens, token)
    assert keys.find("ed") is None
    file.write_text(good)
    clock.now += LEAST_WAIT_S
    assert tenant_of(tokens, known) == "acme"
    assert tenant_of(tokens, other) == "umbrella"


def test_only_keys_that_are_strong_enough_are_used(tmp_path: Path):
    issuer = Issuer()
    issuer.keys = {"weak": rsa.generate_private_key(public_exponent=65537, key_size=1024)}
    document = json.loads(issuer.jwks())
    document["keys"].append({"kty": "oct", "kid": "shared", "k": part(b"secret" * 8)})
    document["keys"].append({"kty": "EC", "kid": "curve", "crv": "P-256", "x": "AA", "y": "AA"})
    document["keys"].append({"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "short"})
    (tmp_path / "keys.json").write_text(json.dumps(document))
    with pytest.raises(InvalidConfig, match="2048 bits"):
        Keys(str(tmp_path / "keys.json"))


@pytest.mark.parametrize("where", ["http://127.0.0.1/keys", "ftp://x/keys", "file:///etc/passwd"])
def test_keys_come_from_a_file_or_over_https_only(where: str):
    with pytest.raises(InvalidConfig, match="https"):
        Keys(where)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[tuple[str, Path, list[Any]]]:
    """A web site over https: its address, its authority, and what it answers, or does to answer, one after another."""
    authority = Authority(tmp_path / "site")
    certificate, key = authority.certificate("site")
    answers: list[Any] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers[0] if len(answers) == 1 else answers.pop(0)
            if callable(answer):
                answer(self.wfile.write)
                return
            status, headers, body = answer
            self.send_response(status)
            for name, content in headers.items():
                self.send_header(name, content)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"https://127.0.0.1:{server.server_port}/keys", authority.file, answers
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_keys_are_read_over_https_from_whom_the_operator_trusts(site: tuple[str, Path, list[Any]], tmp_path: Path):
    where, ca, answers = site
    issuer = Issuer()
    answers.append((200, {}, issuer.jwks().encode()))
    assert Keys(where, ca=ca).find("rsa") is not None
    with pytest.raises(InvalidConfig, match="cannot be read"):
        Keys(where, ca=Authority(tmp_path / "other").file)


@pytest.mark.parametrize("answer", ["redirect", "error", "giant", "no keys", "brackets", "cut off", "no web site"])
def test_keys_of_a_site_that_misbehaves_are_not_used(site: tuple[str, Path, list[Any]], answer: str):
    where, ca, answers = site
    good = (200, {}, Issuer().jwks().encode())
    bad: dict[str, Any] = {
        "redirect": (302, {"Location": where}, b""),
        "error": (500, {}, b"Traceback"),
        "giant": (200, {}, b" " * (1 << 21) + good[2]),
        "no keys": (200, {}, b"[]"),
        "brackets": (200, {}, b"[" * 100_000),
        "cut off": (200, {"Transfer-Encoding": "chunked"}, b"ff\r\nx"),
        "no web site": lambda write: write(b"hello\r\n"),
    }
    answers += [bad[answer], good]
    with pytest.raises(InvalidConfig, match="cannot be read"):
        Keys(where, ca=ca)
    clock = Clock()
    answers[:] = [good, bad[answer]]
    keys = Keys(where, ca=ca, clock=clock)
    clock.now = 301
    keys.refresh()
    assert (keys.generation, keys.find("ed") is None) == (0, False)


@pytest.mark.parametrize("begin", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"], ids=["header", "body"])
def test_a_site_that_sends_keys_drop_by_drop_is_given_up(
    site: tuple[str, Path, list[Any]], monkeypatch: pytest.MonkeyPatch, begin: bytes
):
    where, ca, answers = site
    clock, body = Clock(), Issuer().jwks().encode()
    ends = b"x\r\n\r\n" if begin.endswith(b": ") else b""
    given_up = threading.Event()

    def drip(write: Callable[[bytes], Any]) -> None:
        try:
            for each in begin + bytes(32 for _ in range(300 if ends else 0)) + ends + body:
                write(bytes([each]))
                time.sleep(0.02)  # never as long as the site has
        except OSError:
            given_up.set()

    answers += [(200, {}, body), drip]
    keys = Keys(where, ca=ca, clock=clock)
    monkeypatch.setattr("c4e_server.security.keys._FETCH_S", 1.0)
    clock.now = 301
    keys.refresh()
    assert (keys.generation, keys.find("ed") is None) == (0, False)
    assert given_up.wait(30)


@pytest.mark.parametrize("age_s", [320.0, 7200.0], ids=["fresh", "stale"])
def test_a_site_that_is_slow_holds_up_no_token_that_is_known(site: tuple[str, Path, list[Any]], age_s: float):
    where, ca, answers = site
    issuer, clock, asked, answering = Issuer(), Clock(), threading.Event(), threading.Event()
    token, head = issuer.token(), b"HTTP/1.1 200 OK\r\n\r\n"

    def slow(write: Callable[[bytes], Any]) -> None:
        asked.set()
        answering.wait(30)
        write(head + issuer.jwks().encode())

    answers += [(200, {}, issuer.jwks().encode()), slow]
    keys = Keys(where, ca=ca, clock=clock)
    tokens = Tokens(keys, EXPECTED, Rates(1, 1))

    async def calls() -> None:
        assert (await tokens.identity(token, lambda: "line")).tenant == "acme"
        clock.now = age_s
        first = asyncio.ensure_future(tokens.identity(token, lambda: "line"))
        assert await asyncio.to_thread(asked.wait, 30)
        clock.now += LEAST_WAIT_S if keys.fresh else 0.0  # the second reading is due again, or not yet
        second = asyncio.ensure_future(tokens.identity(token, lambda: "line"))
        if keys.fresh:
            assert (await second).tenant == "acme"
            assert not first.done()
        else:  # no key is trusted before the site has answered
            await asyncio.sleep(0)
            assert not second.done()
        answering.set()
        assert {each.tenant for each in await asyncio.gather(first, second)} == {"acme"}
        assert keys.generation == 1

    asyncio.run(calls())


def test_who_wants_keys_read_that_somebody_reads_does_not_wait(site: tuple[str, Path, list[Any]]):
    where, ca, answers = site
    body, clock, asked, answering = Issuer().jwks().encode(), Clock(), threading.Event(), threading.Event()

    def slow(write: Callable[[bytes], Any]) -> None:
        asked.set()
        answering.wait(30)
        write(b"HTTP/1.1 200 OK\r\n\r\n" + body)

    answers += [(200, {}, body), slow]
    keys = Keys(where, ca=ca, clock=clock)
    clock.now = 301
    reading = threading.Thread(target=keys.refresh)
    reading.start()
    assert asked.wait(30)
    clock.now += LEAST_WAIT_S
    keys.refresh()
    assert keys.generation == 0
    answering.set()
    reading.join()
    assert keys.generation == 1


@pytest.fixture(scope="module")
def mutual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with world(tmp_path_factory.mktemp("mutual"), mutual=True, token_keys="", token_issuer="", token_audience="") as it:
        yield it


def shown(world: World, authority: Authority, *subject: Any, token: str | None = None) -> Client:
    certificate, key = authority.certificate(*subject)
    return Client(world.local.address, world.access(token, certificate=certificate, key=key))


def test_a_certificate_says_who_calls(mutual: World, make_small: Make):
    with shown(mutual, mutual.authority, "desk", "acme", ("market",)) as client:
        client.solve(make_small(), request_id="one")
        assert [job.request_id for job in client.jobs()] == ["one"]
    with shown(mutual, mutual.authority, "desk", "umbrella", ("market",)) as client:
        assert client.jobs() == []
    with shown(mutual, mutual.authority, "ann", "acme", ("party",)) as client, pytest.raises(NotAllowed):
        client.jobs()


@pytest.mark.parametrize(
    "subject",
    [("nobody",), ("x", "acme"), ("y", "", ("operator",)), ("z", "acme", ("root",)), ("v", "a/b", ("operator",))],
    ids=["bare", "no role", "no tenant", "unknown role", "separator"],
)
def test_a_certificate_that_does_not_say_who_calls_is_refused(mutual: World, subject: tuple[Any, ...]):
    with shown(mutual, mutual.authority, *subject) as client, pytest.raises(Unauthenticated):
        client.jobs()


def test_a_certificate_of_another_authority_or_none_is_not_let_in(mutual: World, tmp_path: Path):
    with shown(mutual, Authority(tmp_path), "desk", "acme", ("operator",)) as client, pytest.raises(Unreachable):
        client.jobs()
    with Client(mutual.local.address, mutual.access(None)) as client, pytest.raises(Unreachable):
        client.jobs()


def test_a_stolen_token_is_worth_nothing_with_the_certificate_of_another_tenant(tmp_path: Path):
    with world(tmp_path, mutual=True) as both:
        token = both.issuer.token("acme")
        with shown(both, both.authority, "desk", "acme", ("party",), token=token) as client:
            assert client.jobs() == []
        with (
            shown(both, both.authority, "desk", "umbrella", ("operator",), token=token) as client,
            pytest.raises(Unauthenticated, match="different tenants"),
        ):
            client.jobs()
        with shown(both, both.authority, "other", "acme", ("operator",)) as client, pytest.raises(Unauthenticated):
            client.jobs()
