"""EASE with titles as extra baskets: a closed-form item-item model that also reaches items which were hardly sold.

EASE (Steck 2019) predicts a basket from itself by B = argmin ‖X − XB‖² + λ‖B‖², diag B = 0, which is −P / diag P with
P = (XᵀX + λI)⁻¹. Here the Gram matrix is

    G = Xᵀ diag(w) X + τ w̄ T Tᵀ + λ w̄ I        w = 2^(−age / half-life) / √size

with T the tf-idf rows of the titles' words: each word is a pseudo-basket of the items that carry it.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.linalg import lapack

Floats = NDArray[np.float32]
HALF_LIFE_DAYS = 250.0
TITLES = 20.0
RIDGE = 80.0
MOST_ITEMS = 5000
"""Beyond it the most bought items take part; the others are reached by the other routes."""
NEIGHBOURS = 200


def text_ease(baskets: sp.csr_matrix, age_days: Floats, words: sp.csr_matrix) -> sp.csr_matrix:
    """Item-item weights, the strongest of each row, shape (items, items): row i says what i calls for.

    `baskets` is binary (baskets, items), `age_days` (baskets,) with 0 where there is no time, `words` (items, words).
    """
    bought = np.asarray(baskets.sum(axis=0)).ravel()
    items = np.sort(np.lexsort((np.arange(len(bought)), -bought))[:MOST_ITEMS])
    sizes = np.maximum(np.asarray(baskets.sum(axis=1)).ravel(), 1)
    weight = (0.5 ** (age_days / HALF_LIFE_DAYS) / np.sqrt(sizes)).astype(np.float32)
    chosen = sp.diags(np.sqrt(weight)) @ baskets[:, items]
    titles = words[items]
    gram = (chosen.T @ chosen + TITLES * weight.mean() * (titles @ titles.T)).toarray().astype(np.float32)
    gram[np.diag_indices_from(gram)] += RIDGE * weight.mean()
    inverse = _inverse(gram)
    model = np.asarray(-inverse / np.diag(inverse), np.float32)
    np.fill_diagonal(model, 0)
    return _spread(strongest(model, NEIGHBOURS), items, len(bought))


def _inverse(matrix: Floats) -> Floats:
    """Inverse of a symmetric positive definite matrix by Cholesky, half the work of a general one."""
    factor, failed = lapack.spotrf(matrix, lower=1)
    if failed:
        return np.linalg.inv(matrix)
    lower, _ = lapack.spotri(factor, lower=1)
    lower = np.tril(lower)
    return np.asarray(lower + np.tril(lower, -1).T, np.float32)


def strongest(matrix: Floats, count: int) -> sp.csr_matrix:
    """The entries of largest magnitude of each row of a dense block, as a sparse matrix."""
    rows, columns = matrix.shape
    count = min(count, columns)
    kept = np.sort(np.argpartition(-np.abs(matrix), count - 1, axis=1)[:, :count], axis=1)
    values = np.take_along_axis(matrix, kept, 1)
    out = sp.csr_matrix((values.ravel(), kept.ravel(), np.arange(0, rows * count + 1, count)), shape=matrix.shape)
    out.eliminate_zeros()
    return out


def _spread(model: sp.csr_matrix, items: NDArray[np.int64], count: int) -> sp.csr_matrix:
    """From numbers among the chosen items to numbers of the catalogue."""
    coo = model.tocoo()
    return sp.csr_matrix((coo.data, (items[coo.row], items[coo.col])), shape=(count, count), dtype=np.float32)
