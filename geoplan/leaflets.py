"""What does a map need to be drawn without a network? Leaflet from the installed package, pictures and all."""

import base64
import re
from importlib.resources import files

from xstatic.pkg import leaflet


def leaflet_script() -> str:
    """Return Leaflet's script, without the address of its source map."""
    text = files(leaflet).joinpath("data", "leaflet.js").read_text(encoding="utf-8")
    return re.sub(r"//# sourceMappingURL=\S*", "", text).strip()


def leaflet_style() -> str:
    """Return Leaflet's style with its pictures inside it."""
    folder = files(leaflet).joinpath("data")

    def inside(found: re.Match[str]) -> str:
        name = found.group(1)
        if name.startswith("#"):
            return found.group()
        picture = base64.b64encode(folder.joinpath(name).read_bytes()).decode("ascii")
        return f"url(data:image/png;base64,{picture})"

    return re.sub(r"""url\(["']?([^)"']+)["']?\)""", inside, folder.joinpath("leaflet.css").read_text(encoding="utf-8"))
