"""Which titles a live LLM is asked about: those that no file answers, the most bought first.

An LLM cannot be asked about every title of a large shop; the linker learns from the answers and does the others
(LLM-KERec, section 3.1). How many are asked in all is `llm.titles`, whenever and in how many runs they are asked.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from goeswith.knowledge.annotator import EntityQuestion
from goeswith.knowledge.on_record import RecordedAnnotator
from goeswith.knowledge.shield import as_data


def title_questions(folder: Path, recorded: RecordedAnnotator) -> list[EntityQuestion]:
    """Distinct titles without a recorded answer by falling sales, then in the order of the catalogue."""
    items = pq.read_table(folder / "items.parquet", columns=["item_id", "title", "category"]).to_pylist()
    bought = np.bincount(pq.read_table(folder / "bills.parquet", columns=["item"])["item"], minlength=len(items))
    order = np.argsort(-bought, kind="stable")
    ranked = [EntityQuestion(items[i]["title"], items[i]["category"] or "", items[i]["item_id"]) for i in order]
    answers = recorded.ask(ranked).answers
    distinct: dict[tuple[str, str], EntityQuestion] = {}
    for question, given in zip(ranked, answers, strict=True):
        if not given and as_data(question.title):
            distinct.setdefault((as_data(question.title), as_data(question.category)), question)
    return list(distinct.values())
