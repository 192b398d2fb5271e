"""Who made a clip, of what, and that a machine did: content credentials (C2PA 2.x) that people's tools read.

    claim       what a clip says of itself, and how that stands in a manifest
    signer      who vouches for it: a certificate and its key
    identity    whom a certificate names
    keys        the private keys that it may have
    selfmade    the certificate of somebody who has none
    seal        a claim, signed, into a finished file
    bmff        an MP4 by its boxes, however long it is
    jumbf       the same claim about the same clip is the same bytes
    verify      what stands in a file, and whether it is true

Nothing here uses the network: no time-stamping authority, no revocation list, no remote manifest.
"""

from __future__ import annotations

from deckard_cli.clip.provenance.claim import Claim, Credit, SourceType

__all__ = ["Claim", "Credit", "SourceType"]
