"""Style and script as built: readable colours, no left and right, 60 KB over the wire, honest addresses."""

from __future__ import annotations

import json
import re
import zlib
from pathlib import Path

import pytest

from plumbline import assets_manifest
from tests.support.drawing import ASSETS, Drawing


def tokens(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", block))


def schemes() -> dict[str, dict[str, str]]:
    source = (ASSETS / "css" / "tokens.css").read_text()
    light = source[source.index(":root,") : source.index("@media")]
    asked = source[source.index("@media") : source.index('\n[data-theme="dark"]')]
    chosen = source[source.index('\n[data-theme="dark"]') : source.index("\n:root {\n  --s1")]
    assert tokens(asked) == tokens(chosen), "the two dark blocks differ"
    assert set(tokens(light)) == set(tokens(chosen))
    return {"light": tokens(light), "dark": tokens(chosen)}


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    channels = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    a, b = sorted((luminance(one), luminance(other)), reverse=True)
    return (a + 0.05) / (b + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_pair_of_text_and_ground_can_be_read(scheme: str) -> None:
    colours = schemes()[scheme]
    grounds = ("paper", "wash", "raised", "accent-soft", "warn-soft")
    texts = ("ink", "muted", "accent", "warn", "g-good", "g-obs", "g-minor", "g-major", "g-crit")
    pairs = [(text, ground) for text in texts for ground in grounds]
    pairs += [(f"on-m{n}", f"m{n}") for n in range(5)] + [("on-accent", "accent"), ("on-warn", "warn")]
    poor = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in pairs}
    assert {pair: c for pair, c in poor.items() if c < 4.5} == {}
    for edge in ("edge", "muted"):
        assert contrast(colours[edge], colours["paper"]) >= 3


def test_style_knows_no_left_and_right() -> None:
    physical = re.compile(
        r"(?<![\w-])(?:(?:margin|padding|border|inset)-(?:left|right|top|bottom)|(?:left|right|top|bottom|width|height)\s*:"
        r"|float:\s*(?:left|right)|text-align:\s*(?:left|right)|(?:min|max)-(?:width|height)\s*:(?![^()]*\)\s*\{))"
    )
    for path in [*(ASSETS / "css").glob("*.css"), ASSETS / "sheet.css"]:
        found = [
            line for line in path.read_text().splitlines() if physical.search(line) and "@media" not in line
        ]
        assert not found, f"{path.name}: {found}"


def test_a_first_load_fits_into_60_kb() -> None:
    dist = assets_manifest.MANIFEST.parent
    names = json.loads(assets_manifest.MANIFEST.read_text())
    wire = sum((dist / f"{names[name]}.br").stat().st_size for name in ("app.css", "app.js", "icon.svg"))
    html = Drawing().sheet()  # larger than any page
    assert wire + len(zlib.compress(html.encode(), 6)) < 60_000


def test_an_asset_has_the_address_of_the_file_that_was_built() -> None:
    address = assets_manifest.asset("app.css")
    assert re.fullmatch(r"/static/dist/app-[0-9a-f]{12}\.css", address)
    built = assets_manifest.MANIFEST.parent / address.rsplit("/", 1)[1]
    assert {p.suffix for p in built.parent.glob(f"{built.name}*")} == {".css", ".br", ".gz"}


def test_missing_assets_name_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets_manifest, "MANIFEST", tmp_path / "manifest.json")
    with pytest.raises(assets_manifest.AssetsNotBuilt, match="make assets"):
        assets_manifest.asset("app.css")
    (tmp_path / "manifest.json").write_text('{"app.css": "app-1.css"}')
    assert assets_manifest.asset("app.css") == "/static/dist/app-1.css"
    with pytest.raises(assets_manifest.AssetsNotBuilt, match=r"app\.js.*make assets"):
        assets_manifest.asset("app.js")
