"""The server's own certificate authority."""

from __future__ import annotations

import stat
import threading
from datetime import UTC, datetime, timedelta

from cryptography import x509

from duetto.server.tls import LEAF_LIVES, certificate, own_names, state_folder

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ["localhost", "127.0.0.1", "::1"]


def leaf(files):
    return x509.load_pem_x509_certificate(files.chain.read_bytes())


def test_what_is_made_on_first_start(tmp_path):
    files = certificate(tmp_path / "tls", NAMES, NOW)
    authority = x509.load_pem_x509_certificate(files.authority.read_bytes())
    made = leaf(files)
    made.verify_directly_issued_by(authority)
    held = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert held.get_values_for_type(x509.DNSName) == ["localhost"]
    assert list(map(str, held.get_values_for_type(x509.IPAddress))) == ["127.0.0.1", "::1"]
    assert made.not_valid_after_utc == NOW + LEAF_LIVES
    basic = authority.extensions.get_extension_for_class(x509.BasicConstraints).value
    assert (basic.ca, basic.path_length) == (True, 0)
    for name in ("ca.key", "server.key"):
        assert stat.S_IMODE((tmp_path / "tls" / name).stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "tls").stat().st_mode) == 0o700
    assert files.client_lines() == [f"SSL_CERT_FILE={files.authority}", f"NODE_EXTRA_CA_CERTS={files.authority}"]


def test_a_second_start_makes_nothing_anew(tmp_path):
    before = {path.name: path.read_bytes() for path in _all(certificate(tmp_path, NAMES, NOW))}
    after = {path.name: path.read_bytes() for path in _all(certificate(tmp_path, NAMES, NOW + timedelta(days=300)))}
    assert before == after


def test_the_certificate_is_renewed_in_time_and_the_authority_stays(tmp_path):
    files = certificate(tmp_path, NAMES, NOW)
    authority, serial = files.authority.read_bytes(), leaf(files).serial_number
    certificate(tmp_path, NAMES, NOW + timedelta(days=370))
    assert leaf(files).serial_number != serial
    assert files.authority.read_bytes() == authority


def test_a_new_name_or_a_lost_key_makes_a_new_certificate(tmp_path):
    files = certificate(tmp_path, NAMES, NOW)
    serial = leaf(files).serial_number
    certificate(tmp_path, [*NAMES, "duetto.local"], NOW)
    assert leaf(files).serial_number != serial
    serial = leaf(files).serial_number
    files.key.unlink()
    certificate(tmp_path, NAMES, NOW)
    assert leaf(files).serial_number != serial


def test_an_authority_near_its_end_or_damaged_is_made_anew_with_its_certificate(tmp_path):
    files = certificate(tmp_path, NAMES, NOW)
    first = files.authority.read_bytes()
    certificate(tmp_path, NAMES, NOW + timedelta(days=3640))
    second = files.authority.read_bytes()
    assert second != first
    files.authority.write_text("nonsense")
    certificate(tmp_path, NAMES, NOW + timedelta(days=3640))
    leaf(files).verify_directly_issued_by(x509.load_pem_x509_certificate(files.authority.read_bytes()))


def test_servers_that_start_at_once_share_one_authority(tmp_path):
    made = []
    threads = [threading.Thread(target=lambda: made.append(certificate(tmp_path, NAMES, NOW))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    leaf(made[0]).verify_directly_issued_by(x509.load_pem_x509_certificate(made[0].authority.read_bytes()))


def test_where_state_lies(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_folder() == tmp_path / "duetto"
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_folder() == tmp_path / ".local" / "state" / "duetto"
    assert own_names()[:3] == NAMES


def _all(files):
    return files.authority, files.chain, files.key
