"""Text files that remember where each word stands: YAML documents and CSV tables."""

from sim.marked.document import Document, document_from_text, load_document
from sim.marked.table import Cell, Row, Table, load_table
from sim.marked.text import fixed_encoding, name_in_project

__all__ = [
    "Cell",
    "Document",
    "Row",
    "Table",
    "document_from_text",
    "fixed_encoding",
    "load_document",
    "load_table",
    "name_in_project",
]
