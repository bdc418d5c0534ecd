"""`python -m contracts generate|check|release VERSION`: schemas, AsyncAPI and docs/events.md from the event classes."""

import json
import sys
from pathlib import Path

from contracts.asyncapi import document_of
from contracts.catalogue import BY_TYPE, PARTIES, SERVICES
from contracts.document import render
from contracts.schemas import incompatibilities, schema_of

ROOT = Path(__file__).resolve().parents[2]
RELEASED = ROOT / "released"


def generated() -> dict[Path, str]:
    """Every generated file's path and text."""
    made = {ROOT / "schemas" / f"{kind}.json": _json(schema_of(event)) for kind, event in BY_TYPE.items()}
    made |= {ROOT / "asyncapi" / f"{owner}.json": _json(document_of(owner)) for owner in (*PARTIES, *SERVICES)}
    made[ROOT.parent / "docs" / "events.md"] = render()
    return made


def broken() -> list[str]:
    """Every way in which a class can no longer read, or be read by, a released version of itself."""
    found = []
    for release in sorted(RELEASED.glob("*.json")):
        for kind, old in json.loads(release.read_text("utf-8")).items():
            if kind not in BY_TYPE:
                found.append(f"{kind}: released in {release.stem}, gone now")
            else:
                faults = incompatibilities(old, schema_of(BY_TYPE[kind]))
                found += [f"{kind} and {release.stem}: {why}" for why in faults]
    return found


def stale() -> list[str]:
    """Generated files that are missing, differ from what the classes say, or belong to no class."""
    made = generated()
    differ = [path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    orphans = [p for folder in ("schemas", "asyncapi") for p in (ROOT / folder).glob("*.json") if p not in made]
    return [str(path.relative_to(ROOT.parent)) for path in (*differ, *orphans)]


def main(arguments: list[str]) -> int:
    """Exit 0 when all is well, 1 with one line per fault, 2 on a wrong call."""
    match arguments:
        case ["generate"]:
            for path, text in generated().items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8")
        case ["release", version]:
            RELEASED.mkdir(exist_ok=True)
            schemas = {kind: schema_of(event) for kind, event in BY_TYPE.items()}
            (RELEASED / f"{version}.json").write_text(_json(schemas), "utf-8")
        case ["check"]:
            pass
        case _:
            sys.stderr.write(f"{__doc__}\n")
            return 2
    faults = [f"incompatible: {fault}" for fault in broken()] + [f"stale, generate it: {p}" for p in stale()]
    sys.stderr.writelines(f"{fault}\n" for fault in faults)
    return 1 if faults else 0


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
