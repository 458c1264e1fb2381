"""Which documents govern a place on a day: a name or an adcode -> documents in force, from the nation down.

The package knows the places of policies/chain.toml. A bureau adds its own by a policy file that says its jurisdiction
and adcode: the chain of the nearest known place above it then governs too.
"""

import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from pathlib import Path

from geoplan.documents import Document, load_documents, read_document
from geoplan.errors import Finding, PolicyError, raise_all, remarks_of, stopping
from geoplan.schema import words_of

PLAN_LAYER = "plan.toml"
OFFICE = "办事处"
NATION = "000000"
ADCODE_STEPS = (6, 4, 2)


@dataclass(frozen=True)
class Place:
    """One entry of chain.toml: a jurisdiction, its documents, and the names that may stand in front of its places.

    `names` are its own and those of the places below it, `own` its own alone.
    """

    jurisdiction: str
    adcode: str
    documents: tuple[str, ...]
    names: frozenset[str]
    outer: tuple[str, ...]
    own: frozenset[str]


@cache
def load_places() -> tuple[Place, ...]:
    """Return every place of chain.toml in its order."""
    text = files("geoplan").joinpath("policies", "chain.toml").read_text(encoding="utf-8")
    return tuple(
        Place(
            entry["jurisdiction"], entry["adcode"], tuple(entry["documents"]),
            frozenset(_plain(name) for name in (
                entry["jurisdiction"], *entry.get("names", ()), *entry.get("places", ()),
            )),
            (*entry.get("within", ()), entry["jurisdiction"], *entry.get("names", ())),
            frozenset(_plain(name) for name in (entry["jurisdiction"], *entry.get("names", ()))),
        )
        for entry in tomllib.loads(text)["chain"]
    )


def find_documents(
    jurisdiction: str | None, policies: Sequence[str], as_of: date, policy_files: Sequence[Path] = (),
) -> tuple[tuple[Document, ...], tuple[Finding, ...]]:
    """Return the documents that govern on `as_of`, from the nation down, and a finding for each that has dropped out.

    Parameters
    ----------
    jurisdiction
        A place by name (with or without the province in front) or adcode; None where `policies` says the documents.
    policies
        Ids of documents; used where `jurisdiction` is None.
    as_of
        The day whose law counts; the last day of a document is still a day of it.
    policy_files
        TOML files of the planner's own; their documents govern beside the others.

    Returns
    -------
    documents
        In force on the day, ordered by level, then by the day they came into force.
    findings
        Documents that are no longer or not yet in force. PolicyError where something stops the run.
    """
    documents, findings = _search(jurisdiction, policies, as_of, policy_files)
    raise_all(PolicyError, stopping(findings))
    return documents, tuple(remarks_of(findings))


def known_documents(policy_files: Sequence[Path] = ()) -> Mapping[str, Document]:
    """Return every document of the package and of the planner's own files by id; PolicyError names every problem."""
    own, findings = _own_documents(policy_files)
    raise_all(PolicyError, findings)
    return {**load_documents(), **own}


def last_day(document: Document) -> date | None:
    """Return the last day of a document: that it names, or of its programme years; None where it is open-ended."""
    end_of_programme = date(max(document.programme_years), 12, 31) if document.programme_years else None
    ends = [end for end in (document.effective_to, end_of_programme) if end is not None]
    return min(ends, default=None)


def place_name(said: str) -> str:
    """Return what a place is called where its documents are known; any other stays as it was said.

    A place below a known one (`places` of chain.toml) is a jurisdiction of its own.
    """
    name = _plain(said)
    called = (place.jurisdiction for place in load_places()
              if name == place.adcode or not place.own.isdisjoint(_forms(place, name)))
    return next(called, said)


def check_policies(
    jurisdiction: str | None, policies: Sequence[str], as_of: date, policy_files: Sequence[Path] = (),
) -> list[Finding]:
    """Return every problem that keeps the law of a plan from being found; empty where there is none."""
    return stopping(_search(jurisdiction, policies, as_of, policy_files)[1])


def _search(
    jurisdiction: str | None, policies: Sequence[str], as_of: date, policy_files: Sequence[Path],
) -> tuple[tuple[Document, ...], list[Finding]]:
    own, findings = _own_documents(policy_files)
    known = {**load_documents(), **own}
    asked, problems = _ids_of_place(jurisdiction, own) if jurisdiction else _ids_known(policies, known)
    candidates = [known[document_id] for document_id in dict.fromkeys((*asked, *own))]
    in_force = [
        document for document in candidates
        if document.effective_from <= as_of <= (last_day(document) or date.max)
    ]
    findings += [*problems, *(_dropped(document, as_of) for document in candidates if document not in in_force)]
    if candidates and not in_force:
        findings.append(Finding("policy.none_in_force", PLAN_LAYER, values={"as_of": as_of.isoformat()}))
    levels = [word.code for word in words_of("document_level")]
    in_force.sort(key=lambda document: (levels.index(document.level), document.effective_from))
    return tuple(in_force), findings


def _own_documents(policy_files: Sequence[Path]) -> tuple[dict[str, Document], list[Finding]]:
    own: dict[str, Document] = {}
    findings: list[Finding] = []
    for file in policy_files:
        document, problems = read_document(file)
        findings += problems
        if document is None:
            continue
        taken = _rule_ids((*load_documents().values(), *own.values())) & _rule_ids([document])
        same = sorted(taken | ({document.id} & (set(load_documents()) | set(own))))
        findings += [Finding("policy.same_id", file.name, values={"path": file.name, "where": name}) for name in same]
        own[document.id] = document
    return own, findings


def _rule_ids(documents: Iterable[Document]) -> set[str]:
    return {rule.id for document in documents for rule in document.rules}


def _ids_known(policies: Sequence[str], known: Mapping[str, Document]) -> tuple[list[str], list[Finding]]:
    problems = [
        Finding("policy.unknown_document", PLAN_LAYER, values={"said": name, "expected": "、".join(sorted(known))})
        for name in policies if name not in known
    ]
    return [name for name in policies if name in known], problems


def _ids_of_place(said: str, own: Mapping[str, Document]) -> tuple[tuple[str, ...], list[Finding]]:
    name = _plain(said)
    adcodes = [name, *(document.adcode for document in own.values() if _plain(document.jurisdiction) == name)]
    place = next((place for place in load_places() if _is_called(place, name)), None) or _nearest(adcodes)
    if place is not None:
        return place.documents, []
    expected = "、".join(place.jurisdiction for place in load_places())
    return (), [Finding("policy.unknown_jurisdiction", PLAN_LAYER, values={"said": said, "expected": expected})]


def _is_called(place: Place, name: str) -> bool:
    return not place.names.isdisjoint(_forms(place, name))


def _forms(place: Place, name: str) -> set[str]:
    """Return a name with and without the names that may stand in front of it."""
    forms = {name}
    for outer in place.outer:
        forms |= {form.removeprefix(outer) for form in forms}
    return forms


def _nearest(adcodes: Sequence[str]) -> Place | None:
    places = {place.adcode: place for place in load_places()}
    above = [code[:digits].ljust(len(NATION), "0") for code in adcodes if code.isdecimal() for digits in ADCODE_STEPS]
    return next((places[code] for code in above if code in places), None)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).removesuffix(OFFICE)


def _dropped(document: Document, as_of: date) -> Finding:
    code = "policy.not_yet" if as_of < document.effective_from else "policy.out_of_date"
    values = {
        "document": document.id, "title": document.title, "since": document.effective_from.isoformat(),
        "until": str(last_day(document) or ""), "as_of": as_of.isoformat(),
    }
    return Finding(code, PLAN_LAYER, values=values)
