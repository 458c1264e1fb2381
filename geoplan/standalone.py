"""How does a page become one file that opens by double-click and asks for nothing? Everything it needs goes inside it.

Styles and scripts stand in the page, data as inert base64 that no browser reads as anything. A content security policy
names the hash of every script and style and forbids all else, so that the page cannot ask the network for anything.
"""

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from importlib.resources import files

from geoplan.leaflets import leaflet_script, leaflet_style

ALLOWED = ("default-src 'none'", "base-uri 'none'", "form-action 'none'")


def seal(
    page: str, *, styles: Sequence[str], scripts: Sequence[str], payloads: Mapping[str, str],
    picture_hosts: Sequence[str] = (),
) -> str:
    """Return a page with Leaflet, its own styles and scripts and its data inside it, and its policy at the top.

    Parameters
    ----------
    page
        HTML from <html> to </html>, with no address in it.
    styles, scripts
        Names of files of the package, in their order; the scripts become one, in strict mode.
    payloads
        Id of an element -> base64 text.
    picture_hosts
        From where the page may load pictures; from nowhere but itself unless a plan asks for a base map.
    """
    style = "\n".join([leaflet_style(), *(asset(name) for name in styles)])
    script = "(function () {\n'use strict';\n" + "\n".join(asset(name) for name in scripts) + "}());"
    inert = "".join(f'<script type="application/octet-stream" id="{name}">{text}</script>'
                    for name, text in payloads.items())
    page = page.replace("</head>", f"<style>{style}</style>\n<script>{leaflet_script()}</script>\n</head>")
    page = page.removesuffix("</html>") + f"{inert}\n<script>{script}</script>\n</html>\n"
    return page.replace("<head>", f"<head>\n{_policy(page, picture_hosts)}", 1)


def asset(name: str) -> str:
    """Return a text file of the package."""
    return files("geoplan").joinpath(name).read_text(encoding="utf-8")


def _policy(page: str, picture_hosts: Sequence[str]) -> str:
    """Return the content security policy of a finished page: its own scripts and styles by hash, pictures of some
    hosts, and nothing else."""
    scripts = " ".join(_hash(text) for text in re.findall(r"<script>(.*?)</script>", page, re.DOTALL))
    styles = " ".join(_hash(text) for text in re.findall(r"<style>(.*?)</style>", page, re.DOTALL))
    rules = [f"script-src {scripts}", f"style-src {styles}", " ".join(["img-src data:", *picture_hosts]), *ALLOWED]
    return f'<meta http-equiv="Content-Security-Policy" content="{"; ".join(rules)}">'


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode('ascii')}'"
