from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow.parquet as pq

from goeswith.text.encoders import Progress, Vectors, Words
from goeswith.text.store import VectorStore


class CountingWords(Words):
    """The words encoder; remembers what it was asked to embed."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        self.asked += texts
        return super().encode(texts, progress)


def test_rows_are_the_vectors_of_the_texts_in_their_order():
    texts = ["saucer", "cup", "lamp", "cup"]
    assert np.array_equal(VectorStore(Words()).rows(texts), Words().encode(texts))


def test_no_texts_are_no_rows():
    assert VectorStore(Words()).rows([]).shape == (0, Words.dimension)


def test_each_distinct_text_is_embedded_once_and_in_order():
    encoder = CountingWords()
    store = VectorStore(encoder)
    store.add(["cup", "cup", "bowl"])
    store.rows(["cup", "lamp"])
    assert encoder.asked == ["bowl", "cup", "lamp"]


def test_a_saved_store_keeps_its_vectors_for_the_next_build(tmp_path):
    VectorStore(Words()).save(tmp_path / "v.parquet", ["cup", "lamp"])
    encoder = CountingWords()
    rows = VectorStore.open(tmp_path / "v.parquet", encoder).rows(["lamp", "cup"])
    assert encoder.asked == []
    assert np.array_equal(rows, Words().encode(["lamp", "cup"]))


def test_a_kept_store_grows_by_what_is_new(tmp_path):
    VectorStore(Words()).save(tmp_path / "v.parquet", ["cup"])
    encoder = CountingWords()
    rows = VectorStore.open(tmp_path / "v.parquet", encoder).rows(["bowl", "cup", "lamp"])
    assert encoder.asked == ["bowl", "lamp"]
    assert np.array_equal(rows, Words().encode(["bowl", "cup", "lamp"]))


def test_texts_that_left_the_shop_leave_the_store(tmp_path):
    store = VectorStore(Words())
    store.add(["cup", "lamp"])
    store.save(tmp_path / "v.parquet", ["lamp"])
    assert pq.read_table(tmp_path / "v.parquet")["text"].to_pylist() == ["lamp"]


def test_saved_texts_are_sorted_and_distinct(tmp_path):
    VectorStore(Words()).save(tmp_path / "v.parquet", ["lamp", "cup", "lamp"])
    assert pq.read_table(tmp_path / "v.parquet")["text"].to_pylist() == ["cup", "lamp"]


def test_an_empty_store_can_be_saved_and_opened(tmp_path):
    VectorStore(Words()).save(tmp_path / "v.parquet", [])
    assert VectorStore.open(tmp_path / "v.parquet", Words()).rows(["cup"]).shape == (1, Words.dimension)


def test_vectors_of_another_encoder_are_not_taken(tmp_path):
    VectorStore(Words()).save(tmp_path / "v.parquet", ["cup"])
    encoder = CountingWords()
    encoder.name = "other"
    VectorStore.open(tmp_path / "v.parquet", encoder).rows(["cup"])
    assert encoder.asked == ["cup"]


def test_a_store_that_is_not_there_is_empty(tmp_path):
    encoder = CountingWords()
    VectorStore.open(tmp_path / "none.parquet", encoder).rows(["cup"])
    assert encoder.asked == ["cup"]
