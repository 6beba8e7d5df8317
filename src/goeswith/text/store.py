"""The vectors of a build: each distinct text is embedded once and kept for the next build.

store = VectorStore.open(build / ARTIFACT, encoder)
store.add(titles)
store.rows(titles)          # float32, shape (len(titles), d)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from goeswith.text.encoders import Encoder, Progress, Vectors

ARTIFACT = "vectors.parquet"


class VectorStore:
    def __init__(self, encoder: Encoder, texts: Sequence[str] = (), vectors: Vectors | None = None) -> None:
        self.encoder = encoder
        self._place = {text: row for row, text in enumerate(texts)}
        self._vectors = np.zeros((0, encoder.dimension), np.float32) if vectors is None else vectors

    @classmethod
    def open(cls, path: Path, encoder: Encoder) -> VectorStore:
        """What an earlier build kept; empty where there is none or another encoder made it."""
        if not path.is_file():
            return cls(encoder)
        table = pq.read_table(path)
        if (table.schema.metadata or {}).get(b"encoder") != encoder.name.encode():
            return cls(encoder)
        flat = table["vector"].combine_chunks().flatten().to_numpy(zero_copy_only=False)
        return cls(encoder, table["text"].to_pylist(), flat.reshape(-1, encoder.dimension))

    def add(self, texts: Iterable[str], progress: Progress | None = None) -> None:
        """Embed what is not there yet, in sorted order."""
        new = sorted(set(texts) - self._place.keys())
        if new:
            self._vectors = np.vstack([self._vectors, self.encoder.encode(new, progress)])
            self._place |= {text: row for row, text in enumerate(new, start=len(self._place))}

    def rows(self, texts: Sequence[str]) -> Vectors:
        self.add(texts)
        return self._vectors[[self._place[text] for text in texts]] if texts else self._vectors[:0]

    def save(self, path: Path, keep: Iterable[str]) -> None:
        """Write the vectors of `keep`, sorted by text; vectors of texts that left the shop leave too."""
        texts = sorted(set(keep))
        flat = pa.array(self.rows(texts).ravel(), pa.float32())
        table = pa.table(
            {
                "text": pa.array(texts, pa.string()),
                "vector": pa.FixedSizeListArray.from_arrays(flat, self.encoder.dimension),
            }
        )
        pq.write_table(table.replace_schema_metadata({"encoder": self.encoder.name}), path, compression="none")
