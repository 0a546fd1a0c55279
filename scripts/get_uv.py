"""Put a pinned uv into a folder, with nothing but Python's standard library.

A fresh Debian has no pip, and its `python3 -m venv` needs a package of its own; uv's wheel is a zip
file whose one program needs neither. Usage: `python3 scripts/get_uv.py .tools/bin`.
"""

import hashlib
import io
import platform
import re
import sys
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

VERSION = "0.13.9"
INDEX = "https://pypi.org/simple/uv/"
# The digests of the wheels that we tried, so that nothing else is ever run.
WHEELS = {
    "x86_64": "d7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19",
    "aarch64": "ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375",
}
TIMEOUT_SECONDS = 60


def main(folder: Path) -> None:
    digest = WHEELS.get(platform.machine())
    if digest is None:
        sys.exit(f"no uv {VERSION} is pinned for {platform.machine()}: install uv and put it at {folder}/uv")
    page = fetch(INDEX).decode()
    link = re.search(rf'href="([^"#]+)#sha256={digest}"', page)
    if link is None:
        sys.exit(f"{INDEX} does not list the pinned wheel of uv {VERSION}")
    url = urllib.parse.urljoin(INDEX, link[1])
    print(f"fetching uv {VERSION}", flush=True)
    wheel = fetch(url)
    if hashlib.sha256(wheel).hexdigest() != digest:
        sys.exit(f"the digest of {url} is not the pinned one: nothing was installed")
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/scripts/uv"))
        program = folder / "uv"
        program.write_bytes(archive.read(name))
        program.chmod(0o755)


def fetch(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:
            content: bytes = answer.read()
            return content
    except OSError as error:
        hint = "; the Debian package ca-certificates may be missing" if "CERTIFICATE" in str(error) else ""
        sys.exit(f"cannot fetch {url}: {error}{hint}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
