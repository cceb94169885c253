"""By which standards the demo's buyers read, and of whom; buyer by buyer in the order of firms.BUYERS."""

from __future__ import annotations

from assessments.sharing.asks import Said

ASKS: tuple[tuple[Said, ...], ...] = (
    (
        Said("ISO45001", reason="Annex 3 of our purchasing terms: a safety system that works."),
        Said("OECD-MIN", activity="SMR", reason="Our minerals policy, section 2: smelters and refiners."),
        Said("CSDDD", country="IDN", reason="Our own plan under the directive; for ourselves.", shown=False),
    ),
    (
        Said("CM3", material="copper", reason="We buy copper from mines and smelters of this programme."),
        Said("ISO14001", elements=("ISO14001.6.1.2", "ISO14001.6.1.3", "ISO14001.8.1", "ISO14001.8.2")),
    ),
)
