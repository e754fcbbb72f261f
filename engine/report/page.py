"""One HTML file that asks nobody for anything: styles, scripts and data inside, and a policy that says so."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jinja2
from markupsafe import Markup

from engine.report.table import MINUS

TEMPLATES = Path(__file__).parent / "templates"
LEAFLET = Path(__file__).parent / "vendor" / "leaflet-1.9.4"


def render_page(template: str, scripts: tuple[str, ...], data: dict[str, Any], **content: Any) -> str:
    """Fill a template.

    Parameters
    ----------
    template
        File among the templates.
    scripts
        Files among the templates, run in this order after Leaflet.
    data
        What the scripts read.
    content
        Other names the template uses; text is escaped.

    Returns
    -------
    The page.
    """
    styles = [_leaflet_css(), _read(TEMPLATES / "report.css")]
    code = [_leaflet_js(), *(_read(TEMPLATES / name) for name in scripts)]
    return (
        _environment()
        .get_template(template)
        .render(
            styles=[Markup(style) for style in styles],  # noqa: S704 (files of ours)
            scripts=[Markup(script) for script in code],  # noqa: S704
            policy=_policy(styles, code),
            data=Markup(json_block(data)),  # noqa: S704 (escaped there)
            **content,
        )
    )


def json_block(data: dict[str, Any]) -> str:
    """Write JSON that can stand inside a script element, whatever its texts contain."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def data_uri(svg: bytes) -> str:
    """Write a picture as an address that needs no request."""
    return "data:image/svg+xml," + quote(b" ".join(svg.split()), safe=" /:;,=()!*~-_.'")


def _policy(styles: list[str], scripts: list[str]) -> str:
    """Allow exactly these styles and scripts, pictures inside the page, and nothing else."""
    return (
        f"default-src 'none'; img-src data:; style-src {_hashes(styles)}; script-src {_hashes(scripts)}; "
        "base-uri 'none'; form-action 'none'"
    )


def _hashes(texts: list[str]) -> str:
    digests = [base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()) for text in texts]
    return " ".join(f"'sha256-{digest.decode('ascii')}'" for digest in digests)


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=_unbroken,
    )


def _unbroken(value: object) -> object:
    """Keep a minus sign on the line of its currency sign, where a browser may break."""
    if isinstance(value, str) and not isinstance(value, Markup) and MINUS in value:
        return re.sub(f"{MINUS}(?=[$€£¥])", f"{MINUS}\u2060", value)
    return value


def _leaflet_css() -> str:
    # its pictures are those of controls and markers that we do not use
    return re.sub(r"url\((images/|#)[^)]*\)", "none", _read(LEAFLET / "leaflet.css"))


def _leaflet_js() -> str:
    return _read(LEAFLET / "leaflet.js").replace("//# sourceMappingURL=leaflet.js.map", "")


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
