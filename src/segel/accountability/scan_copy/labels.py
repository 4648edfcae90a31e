"""Terms in what folders say: names, links, attributes. And paths that don't repeat them."""

from pathlib import Path

from segel.accountability.scan_copy.digging import Digger
from segel.accountability.scan_copy.findings import Findings, Way
from segel.accountability.scan_copy.limits import Limits
from segel.accountability.scan_copy.matching import Matcher
from segel.accountability.scan_copy.walk import Inventory
from segel.accountability.scan_copy.windows import Window


def search_labels(
    inventory: Inventory, matcher: Matcher, limits: Limits, stand_ins: dict[str, str]
) -> Findings:
    """What is found in names, link targets and attributes.

    ``stand_ins`` gets what stands for a path with a term in it.
    """
    found = Findings("")
    for label in inventory.labels:
        findings = Findings(label.path, label.place)
        Digger(matcher, limits, findings, len(label.data)).dig(Window(label.data))
        if label.place == "name" and findings.hits:
            parent = Path(label.path).parent
            # The folder's own name is told where the folder is.
            findings.hits = {
                way: hit for way, hit in findings.hits.items() if not _stands_in(way, parent, found)
            }
            if findings.hits:
                number = min(hit.term for hit in findings.hits.values())
                stand_ins[label.path] = f"<name {len(stand_ins) + 1}, with term {number}>"
        found.add(findings)
    return found


def _stands_in(way: Way, folder: Path, found: Findings) -> bool:
    return any((str(one), *way[1:]) in found.hits for one in (folder, *folder.parents))


def without_terms(path: str, stand_ins: dict[str, str]) -> str:
    """``path`` with a stand-in for each part that a term was found in."""
    parts = Path(path).parts
    shown = []
    for count in range(1, len(parts) + 1):
        shown.append(stand_ins.get(str(Path(*parts[:count])), parts[count - 1]))
    return "/".join(shown) or path
