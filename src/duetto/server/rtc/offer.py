"""What a client's SDP offer asks for, looked at before aiortc sees it. Raises ValueError in plain sentences."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

from aiortc.sdp import MediaDescription, SessionDescription

from duetto.server.rtc.settings import RtcSettings

MOST: Final = {"audio": 1, "video": 2, "application": 1}
"""m-lines of each kind, at most."""
NEEDED: Final = {"audio": "opus", "video": "VP8"}
"""The codec that every WebRTC client has (RFC 7874, RFC 7742)."""
HASHES: Final = ("sha-256", "sha-384", "sha-512")


@dataclass(frozen=True, slots=True)
class Offer:
    """sdp: what is left of the offer. audio: it has sound. videos: how many streams of pictures."""

    sdp: str
    audio: bool
    videos: int


def read_offer(sdp: str, settings: RtcSettings) -> Offer:
    """Check an offer and leave out addresses that are not tried. Raises ValueError: what is wrong, and the limit."""
    if len(sdp) > settings.offer_bytes or len(sdp.encode("utf-8", "replace")) > settings.offer_bytes:
        raise ValueError(f"the SDP offer is longer than {settings.offer_bytes} bytes")
    if not sdp.startswith("v=0"):
        raise ValueError('the SDP offer does not begin with "v=0"')
    most = sum(MOST.values())
    count = sum(line.startswith("m=") for line in sdp.splitlines())
    if count > most:
        raise ValueError(f"the SDP offer has {count} m-lines, at most {most} are taken")
    text = _without_idle_candidates(sdp, settings.candidates)
    try:
        description = SessionDescription.parse(text)
    except Exception as error:  # aiortc's parser raises whatever it trips over
        raise ValueError(f"the SDP offer cannot be read ({type(error).__name__}: {str(error)[:100]})") from None
    _check_kinds(description)
    for number, media in enumerate(description.media, 1):
        _check_media(media, f"m-line {number} ({media.kind})")
    _check_bundle(description)
    kinds = [media.kind for media in description.media]
    return Offer(text, "audio" in kinds, kinds.count("video"))


def asking_for_spare(answer: str) -> str:
    """An answer that tells its reader to send with each packet of Opus what was in the one before (RFC 7587 6.1)."""
    lines: list[str] = []
    for line in answer.splitlines():
        lines.append(line)
        if line.startswith("a=rtpmap:") and line.lower().endswith(" opus/48000/2"):
            lines.append(f"a=fmtp:{line[len('a=rtpmap:') :].split()[0]} minptime=10;useinbandfec=1")
    return "\r\n".join(lines) + "\r\n"


def _without_idle_candidates(sdp: str, most: int) -> str:
    """The offer with its first UDP candidates that are IP addresses.

    Names under .local are left out: to look them up holds up the answer, and such a client is found when it calls. The
    end of candidates too, or a client with no other addresses would be given up before it calls.
    """
    kept: list[str] = []
    seen = 0
    for line in sdp.splitlines():
        if line.startswith("a=end-of-candidates"):
            continue
        if line.startswith("a=candidate:"):
            if seen >= most or not _usable(line.split()):
                continue
            seen += 1
        kept.append(line)
    return "\r\n".join(kept) + "\r\n"


def _usable(words: list[str]) -> bool:
    """Whether a candidate (RFC 8839 section 5.1) is a UDP one with an address and a port."""
    try:
        ip_address(words[4])
        return words[2].lower() == "udp" and 0 < int(words[5]) < 65536 and words[7] in ("host", "srflx", "relay")
    except (ValueError, IndexError):
        return False


def _check_kinds(description: SessionDescription) -> None:
    if not description.media:
        raise ValueError("the SDP offer has no m-lines")
    kinds = [media.kind for media in description.media]
    for kind in kinds:
        if kind not in MOST:
            raise ValueError(
                f"the SDP offer has an m-line of kind {kind[:40]!r}: audio, video and application are taken"
            )
        if kinds.count(kind) > MOST[kind]:
            raise ValueError(f"the SDP offer has {kinds.count(kind)} {kind} m-lines, at most {MOST[kind]} are taken")
    if "application" not in kinds:
        raise ValueError('the SDP offer has no data channel: make one labelled "oai-events" before the offer')


def _check_media(media: MediaDescription, name: str) -> None:
    """One m-line. name: for the error."""
    if not media.rtp.muxId:
        raise ValueError(f"{name} has no a=mid")
    if media.ice is None or not media.ice.usernameFragment or not media.ice.password:
        raise ValueError(f"{name} has no a=ice-ufrag and a=ice-pwd")
    if media.dtls is None or not any(print_.algorithm.lower() in HASHES for print_ in media.dtls.fingerprints):
        raise ValueError(f"{name} has no a=setup and a=fingerprint with {', '.join(HASHES)}")
    if media.kind == "application":
        if media.profile not in ("UDP/DTLS/SCTP", "DTLS/SCTP"):
            raise ValueError(f"{name} is no data channel: its profile is {media.profile[:40]!r}, not UDP/DTLS/SCTP")
        return
    if not media.rtcp_mux:
        raise ValueError(f"{name} has no a=rtcp-mux")
    needed = NEEDED[media.kind]
    if not any(codec.name.lower() == needed.lower() for codec in media.rtp.codecs):
        raise ValueError(f"{name} does not offer {needed}")


def _check_bundle(description: SessionDescription) -> None:
    """One transport for everything: a session costs one port."""
    mids = [media.rtp.muxId for media in description.media]
    if len(set(mids)) != len(mids):
        raise ValueError("the SDP offer has two m-lines with the same a=mid")
    bundled = next((group.items for group in description.group if group.semantic == "BUNDLE"), [])
    if sorted(map(str, bundled)) != sorted(mids):
        raise ValueError("the SDP offer does not bundle all its m-lines (a=group:BUNDLE)")
