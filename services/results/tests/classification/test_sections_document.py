"""The document that clinics read says what the table says."""

from pathlib import Path

from results.classification.document import document

DOCUMENT = Path(__file__).parents[4] / "docs" / "sections.md"


def test_the_document_of_sections_is_up_to_date():
    assert DOCUMENT.read_text(encoding="utf-8") == document()
