"""Certificates are replaced while the service runs, and an authority of one's own signs what it should."""

from __future__ import annotations

import re
import shlex
import shutil
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from click.testing import CliRunner
from cryptography import x509

from c4e_server.cli.main import command
from c4e_server.client import Client
from c4e_server.errors import InvalidConfig, NotAllowed, Unauthenticated, Unreachable
from c4e_server.security.access import Access
from c4e_server.security.authority import Authority
from tests.service.security_world import World, world

LIST = "/c4e.opt.v1.JobService/ListJobs"


@pytest.fixture(scope="module")
def mutual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, Authority]]:
    """A service whose files of TLS an authority of one's own has made."""
    folder = tmp_path_factory.mktemp("mutual")
    authority = Authority(folder / "own")
    authority.server()
    authority.caller("desk", "acme", ("market",))
    own = {name: str(folder / "own" / file) for name, file in FILES.items()}
    with world(folder, mutual=True, token_keys="", token_issuer="", token_audience="", **own) as running:
        yield running, authority


FILES = {"tls_certificate": "server.pem", "tls_key": "server.key", "tls_client_ca": "ca.pem"}


def calls(address: str, folder: Path, name: str = "desk", ca: Path | None = None) -> Any:
    """Call over a new connection."""
    access = Access(ca=ca or folder / "ca.pem", certificate=folder / f"{name}.pem", key=folder / f"{name}.key")
    with Client(address, access) as client:
        return client.jobs()


def test_a_new_certificate_is_shown_without_a_restart_and_old_connections_live_on(
    mutual: tuple[World, Authority], tmp_path: Path
):
    service, authority = mutual
    own, address = service.folder / "own", service.local.address
    pems = [(own / name).read_bytes() for name in ("ca.pem", "desk.key", "desk.pem")]
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.secure_channel(address, grpc.ssl_channel_credentials(*pems), options) as standing:
        ask = standing.unary_unary(LIST)
        assert ask(b"", timeout=10) == b""
        was = shown(address)
        authority.server(renew=True)
        assert shown(address) != was
        assert calls(address, own) == []
        assert ask(b"", timeout=10) == b""
        # Another authority altogether: its callers come in, those of the old one do not.
        before = {file: (own / file).read_bytes() for file in ("server.key", "server.pem", "ca.pem")}
        other = Authority(tmp_path / "other")
        other.server()
        other.caller("desk", "acme", ("market",))
        for file in before:
            shutil.copy(tmp_path / "other" / file, own / file)
        assert calls(address, tmp_path / "other") == []
        (tmp_path / "old.pem").write_bytes(pems[0])
        with pytest.raises(Unreachable):
            calls(address, own, ca=tmp_path / "old.pem")
        with pytest.raises(Unreachable):  # trusts the new one, shows what the old one signed
            calls(address, own)
        assert ask(b"", timeout=10) == b""
        for file, content in before.items():
            (own / file).write_bytes(content)
        assert calls(address, own) == []


def test_files_that_do_not_fit_are_not_used_and_said_once(mutual: tuple[World, Authority]):
    service, authority = mutual
    own, address = service.folder / "own", service.local.address
    logged = len(service.local.log.read_text(encoding="utf-8"))
    was, key = shown(address), (own / "server.key").read_bytes()
    authority.server(renew=True)
    new = (own / "server.key").read_bytes()
    (own / "server.key").write_bytes(key)  # the new certificate with the old key
    for _ in range(3):
        assert shown(address) == was
        assert calls(address, own) == []
    (own / "server.key").unlink()
    assert shown(address) == was
    (own / "server.key").write_bytes(new)
    assert shown(address) != was
    log = service.local.log.read_text(encoding="utf-8")[logged:]
    assert log.count("the certificate from before is shown on") == 2
    assert "Traceback" not in log


def shown(address: str) -> str:
    """The certificate that the service shows now (PEM)."""
    host, _, port = address.rpartition(":")
    return ssl.get_server_certificate((host, int(port)), timeout=10)


def test_callers_are_who_their_certificates_say(mutual: tuple[World, Authority]):
    service, authority = mutual
    own, address = service.folder / "own", service.local.address
    assert authority.caller("desk", "acme", ("market",)) == []  # it is there
    authority.caller("ann", "acme", ("party",))
    with pytest.raises(NotAllowed):
        calls(address, own, "ann")
    with pytest.raises(Unauthenticated):  # the service's own is nobody
        calls(address, own, "server")


@pytest.mark.parametrize(
    ("caller", "wanted"),
    [
        (("desk", "", ("market",)), "no name of a tenant"),
        (("desk", "acme", ("root",)), "no role"),
        (("../desk", "acme", ("market",)), "no name for files"),
        (("ca", "acme", ("market",)), "no name for files"),
        (("server", "acme", ("market",)), "no name for files"),
    ],
)
def test_what_cannot_be_a_caller_is_refused(tmp_path: Path, caller: tuple[Any, ...], wanted: str):
    with pytest.raises(InvalidConfig, match=wanted):
        Authority(tmp_path).caller(*caller)


def ends(folder: Path, name: str) -> datetime:
    """When a certificate ends."""
    return x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()).not_valid_after_utc


def test_an_authority_is_good_for_ten_years_and_no_certificate_for_longer_than_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    begin = datetime.now(UTC)
    Authority(tmp_path / "own", days=90).server()
    assert ends(tmp_path / "own", "ca") > begin + timedelta(days=3649)
    assert begin + timedelta(days=89) < ends(tmp_path / "own", "server") < begin + timedelta(days=91)
    monkeypatch.setattr("c4e_server.security.authority._OWN_DAYS", 1)
    Authority(tmp_path / "old", days=1)
    later = Authority(tmp_path / "old", days=365)
    later.server()
    later.caller("desk", "acme", ("market",))
    assert {ends(tmp_path / "old", name) for name in ("server", "desk")} == {ends(tmp_path / "old", "ca")}


def test_certificates_are_renewed_by_the_authority_that_is_there(tmp_path: Path):
    def run(*more: str) -> None:
        done = CliRunner().invoke(command, ["tls", str(tmp_path), "--caller", "desk", "--tenant", "acme", *more])
        assert done.exit_code == 0, done.output

    run("--days", "1")
    files = {name: (tmp_path / f"{name}.pem").read_bytes() for name in ("ca", "server", "desk")}
    run("--days", "90")
    assert {name: (tmp_path / f"{name}.pem").read_bytes() for name in files} == files
    run("--days", "90", "--renew")
    assert (tmp_path / "ca.pem").read_bytes() == files["ca"]
    assert min(ends(tmp_path, "server"), ends(tmp_path, "desk")) > datetime.now(UTC) + timedelta(days=89)
    own = x509.load_pem_x509_certificate(files["ca"])
    for name in ("server", "desk"):
        x509.load_pem_x509_certificate((tmp_path / f"{name}.pem").read_bytes()).verify_directly_issued_by(own)


def test_two_authorities_are_believed_while_one_takes_the_place_of_the_other(tmp_path: Path):
    for name in ("old", "new"):
        authority = Authority(tmp_path / name)
        authority.server()
        authority.caller("desk", "acme", ("market",))
    both = tmp_path / "both.pem"
    both.write_bytes(b"".join((tmp_path / name / "ca.pem").read_bytes() for name in ("old", "new")))
    own = {name: str(tmp_path / "old" / file) for name, file in FILES.items()} | {"tls_client_ca": str(both)}
    with world(tmp_path, mutual=True, token_keys="", token_issuer="", token_audience="", **own) as service:
        address = service.local.address
        for name in ("old", "new"):
            assert calls(address, tmp_path / name, ca=both) == []
        for file in ("server.key", "server.pem"):
            shutil.copy(tmp_path / "new" / file, tmp_path / "old" / file)
        for name in ("old", "new"):
            assert calls(address, tmp_path / name, ca=both) == []
        with pytest.raises(Unreachable):
            calls(address, tmp_path / "old")


def test_an_authority_that_has_ended_signs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    Authority(tmp_path)
    after = datetime.now(UTC) + timedelta(days=3651)
    monkeypatch.setattr("c4e_server.security.authority._now", lambda: after)
    with pytest.raises(InvalidConfig, match="ended on"):
        Authority(tmp_path)


def test_what_is_no_authority_signs_nothing(tmp_path: Path):
    Authority(tmp_path)
    (tmp_path / "ca.key").write_text("x")
    with pytest.raises(InvalidConfig, match="no authority"):
        Authority(tmp_path)


def test_the_commands_of_the_page_make_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    page = (Path(__file__).parents[2] / "docs" / "threat_model.md").read_text(encoding="utf-8")
    (block,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    for line in block.splitlines():
        done = CliRunner().invoke(command, shlex.split(line)[1:])
        assert done.exit_code == 0, done.output
    assert {file.name for file in (tmp_path / "tls").iterdir()} == {
        f"{name}.{kind}" for name in ("ca", "server", "desk") for kind in ("pem", "key")
    }
    for file in (tmp_path / "tls").glob("*.key"):
        assert file.stat().st_mode & 0o077 == 0
    shown = x509.load_pem_x509_certificate((tmp_path / "tls" / "server.pem").read_bytes())
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["optimiser.example", "localhost"]
