"""Follow every link of the built site within it, and list those that lead out: ``python docs/check_links.py FOLDER``.

Nothing is fetched. Whatever a page would load by itself (a script, a style, a font, a picture) must lie in the site.
"""

import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {("img", "src"), ("script", "src"), ("link", "href"), ("source", "src")}


class Page(HTMLParser):
    """The links of a page, what it loads, and the places that others may lead to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loads: set[str] = set()
        self.places: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what the tag says."""
        for name, value in attrs:
            if name in ("id", "name") and value:
                self.places.add(value)
            elif (tag, name) in LOADED and ("rel", "canonical") not in attrs:
                self.loads.add(value or "")
            elif (tag, name) == ("a", "href"):
                self.links.add(value or "")


def check(site: Path) -> tuple[list[str], list[str]]:
    """What is wrong, and the addresses outside."""
    pages = {path.resolve(): Page(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.parts}
    wrong, outside = [], set()
    for path, page in pages.items():
        for link in sorted(page.links | page.loads):
            address = urlsplit(link)
            if address.scheme == "data":
                continue
            if address.scheme or address.netloc:
                outside.add(link)
                wrong += [f"{path.relative_to(site.resolve())} loads {link}"] * (link in page.loads)
            elif not leads_somewhere(path, address, pages):
                wrong.append(f"{path.relative_to(site.resolve())}: {link} leads nowhere")
    return wrong, sorted(outside)


def leads_somewhere(path: Path, address, pages: dict[Path, Page]) -> bool:
    """Whether the file exists, and the place in it."""
    target = (path.parent / unquote(address.path)).resolve() if address.path else path
    target = target / "index.html" if target.is_dir() else target
    known = pages[target].places if target in pages else set()
    return target.exists() and (not address.fragment or target not in pages or unquote(address.fragment) in known)


def main() -> None:
    """Print what leads out; exit with 1 if a link leads nowhere."""
    site = Path(sys.argv[1])
    wrong, outside = check(site)
    if not list(site.glob("*.html")):
        wrong.append(f"{site} holds no page")
    print("\n".join(outside))
    print(f"{len(outside)} external links (not followed), {len(wrong)} faults", *wrong, sep="\n", file=sys.stderr)
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
