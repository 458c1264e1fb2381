"""Classes of works: an item has a class only in a document, in that document's words."""

from datetime import date

from geoplan.contents import find_content_classes
from geoplan.documents import load_documents
from geoplan.jurisdictions import find_documents


def classes(*ids: str) -> dict[tuple[str, str], str]:
    known = load_documents()
    rows = find_content_classes([known[name] for name in ids])
    return {(row.document, row.item): row.content_class for row in rows.itertuples()}


def test_an_item_is_classed_by_each_document_in_its_own_words() -> None:
    found = classes("QH-2021-13", "XN-2021")
    assert found["QH-2021-13", "安防"] == "基础"
    assert found["XN-2021", "智能安防"] == "基础"
    assert found["QH-2021-13", "加装电梯"] == "完善"
    assert found["QH-2021-13", "养老"] == "提升"


def test_only_xining_has_a_guided_class() -> None:
    found = classes(*load_documents())
    assert {document for (document, _), name in found.items() if name == "引导"} == {"XN-2021"}
    assert found["XN-2021", "室内供水"] == "引导"


def test_a_document_without_classes_gives_none() -> None:
    assert classes("GS-2022-15", "JS-2021-140") == {}


def test_every_class_names_its_rule_and_clause_and_stands_once_per_document_and_item() -> None:
    documents, _ = find_documents("西宁市", (), date(2024, 3, 1))
    rows = find_content_classes(documents)
    assert not rows.duplicated(["document", "item"]).any()
    assert set(rows.loc[rows["content_class"] == "提升", "rule_id"]) >= {"QH21-14"}
    assert rows["clause"].str.len().gt(0).all()


def test_an_expired_document_classes_nothing() -> None:
    documents, _ = find_documents("西宁市", (), date(2026, 11, 21))
    assert set(find_content_classes(documents)["document"]) == {"QH-2021-13"}
