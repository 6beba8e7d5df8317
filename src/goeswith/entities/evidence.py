"""What speaks for each candidate term of a title, as features of one learned scorer.

Candidates of a title are the best terms by each evidence (ridge, nearest answered titles, nearest term) and every term
that stands in it. Training titles are seen as if their own answer were unknown: their similarity to themselves is left
out, and their own term is no candidate where no other title has it (unless the term is known from elsewhere).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from goeswith.entities.similarity import Floats
from goeswith.entities.titles import Match, TermMatcher, Title

Ints = NDArray[np.int64]
NEIGHBOURS = 10
UNSEEN = 5.0  # idf of a word that no answered title has

FEATURES = (
    "ridge",
    "ridge_gap",
    "lexical",
    "lexical_gap",
    "semantic",
    "semantic_gap",
    "vote",
    "term_cosine",
    "term_cosine_gap",
    "term_lexical",
    "term_lexical_gap",
    "stands_in_title",
    "length",
    "ends_first_segment",
    "ends_a_segment",
    "place",
    "longest",
    "covered",
    "head_in_title",
    "head_ends_segment",
    "titles_of_term",
    "no_product",
    "words",
    "matches",
    "best_lexical",
    "best_semantic",
    "best_term_cosine",
    "best_ridge",
    "category",
)
RISING = frozenset({"ridge", "vote", "term_cosine", "term_lexical", "covered"})
"""More of these never speaks against a candidate."""


@dataclass(frozen=True)
class Scores:
    """Similarities of t titles to n answered titles and to C terms; a training title never meets itself."""

    ridge: Floats
    """(t, C)"""
    kernel: Floats
    lexical: Floats
    semantic: Floats
    """(t, n), −1 where a title meets itself."""
    term_lexical: Floats
    term_cosine: Floats
    """(t, C)"""
    category: Floats
    """(t, n)"""


@dataclass(frozen=True)
class Candidates:
    title: Ints
    term: Ints
    features: Floats
    """One row a candidate, columns as FEATURES; sorted by title, then term."""


class Evidence:
    """Turns similarities into candidates and features; knows the terms and which answered title has which."""

    def __init__(
        self, keys: list[str], answers: Ints, idf: dict[str, float], no_product: int, known_elsewhere: set[int]
    ) -> None:
        self._matcher = TermMatcher(keys)
        self._words = [key.split() for key in keys]
        self._answers = answers
        self._count = len(keys)
        self._titles_of = np.bincount(answers, minlength=len(keys))
        self._no_product = no_product
        self._elsewhere = np.isin(np.arange(len(keys)), list(known_elsewhere))
        vocabulary = sorted({word for words in self._words for word in words})
        self._word_number = {word: number for number, word in enumerate(vocabulary)}
        self._order = np.argsort(answers, kind="stable")
        ordered = answers[self._order]
        self._starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
        self._present = ordered[self._starts]
        self._by_term = sp.csr_matrix(
            (np.ones(len(answers), np.float32), (np.arange(len(answers)), answers)), shape=(len(answers), len(keys))
        )
        self._shares = self._word_shares(idf)

    def _word_shares(self, idf: dict[str, float]) -> sp.csr_matrix:
        """How much of each term every word is, by idf; shape (terms, words)."""
        rows, columns, values = [], [], []
        for number, words in enumerate(self._words):
            weight = {word: idf.get(word, UNSEEN) for word in words}
            for word, value in weight.items():
                rows.append(number)
                columns.append(self._word_number[word])
                values.append(value / sum(weight.values()))
        shape = (self._count, max(len(self._word_number), 1))
        return sp.csr_matrix((np.array(values, np.float32), (rows, columns)), shape=shape)

    def candidates(self, titles: list[Title], scores: Scores, own: Ints | None = None) -> Candidates:
        """Candidates of each title. `own` holds the training titles' answers, None for titles to link."""
        matches = [self._matcher.find(title) for title in titles]
        covered = self._covered(titles)
        best = {
            name: self._best_of_term(values)
            for name, values in (("lexical", scores.lexical), ("semantic", scores.semantic))
        }
        title, term = self._choose(scores, best, covered, matches)
        titles_of = self._titles_of[term].astype(np.float32)
        if own is not None:
            mine = own[title] == term
            titles_of -= mine
            keep = ~(mine & (titles_of <= 0) & ~self._elsewhere[term])
            title, term, titles_of = title[keep], term[keep], titles_of[keep]
        columns = [
            *_with_gap(scores.ridge, title, term),
            *_with_gap(best["lexical"], title, term),
            *_with_gap(best["semantic"], title, term),
            self._vote(scores.kernel)[title, term],
            *_with_gap(scores.term_cosine, title, term),
            *_with_gap(scores.term_lexical, title, term),
            *self._standing(titles, matches, title, term),
            covered[title, term],
            *self._heads(titles, title, term),
            np.log1p(titles_of),
            term == self._no_product,
            np.array([len(t.words) for t in titles])[title],
            np.array([len(m) for m in matches])[title],
            best["lexical"].max(axis=1)[title],
            best["semantic"].max(axis=1)[title],
            scores.term_cosine.max(axis=1)[title],
            scores.ridge.max(axis=1)[title],
            self._category(scores.category)[title, term],
        ]
        return Candidates(title, term, np.column_stack(columns).astype(np.float32))

    def _choose(
        self, scores: Scores, best: dict[str, Floats], covered: Floats, matches: list[dict[int, Match]]
    ) -> tuple[Ints, Ints]:
        rankings = (
            (scores.ridge, 6),
            (best["lexical"], 3),
            (best["semantic"], 3),
            (scores.term_cosine, 5),
            (scores.term_lexical + covered, 3),
        )
        codes = [_top(values, count, self._count) for values, count in rankings]
        codes.append(
            np.array([row * self._count + term for row, found in enumerate(matches) for term in found], np.int64)
        )
        chosen = np.unique(np.concatenate(codes))
        return chosen // self._count, chosen % self._count

    def _best_of_term(self, values: Floats) -> Floats:
        """Similarity to the nearest title of each term, (t, n) -> (t, C); −1 for terms without a title."""
        out = np.full((len(values), self._count), -1, np.float32)
        out[:, self._present] = np.maximum.reduceat(values[:, self._order], self._starts, axis=1)
        return out

    def _vote(self, kernel: Floats) -> Floats:
        """Shares of the ten nearest titles, each by the cube of its kernel."""
        count = min(NEIGHBOURS, kernel.shape[1])
        nearest = np.argpartition(-kernel, count - 1, axis=1)[:, :count]
        weight = np.maximum(np.take_along_axis(kernel, nearest, 1), 1e-6) ** 3
        weight /= weight.sum(axis=1, keepdims=True)
        out = np.zeros((len(kernel), self._count), np.float32)
        np.add.at(out, (np.arange(len(kernel))[:, None], self._answers[nearest]), weight)
        return out

    def _category(self, near: Floats) -> Floats:
        """How much of a title's category neighbourhood each term is."""
        weight = sp.csr_matrix(np.where(near > 0.3, near, 0) ** 6)
        return np.asarray((weight @ self._by_term).toarray() / (weight.sum(axis=1) + 1), np.float32)

    def _covered(self, titles: list[Title]) -> Floats:
        """Share of each term's words, by idf, that stand in the title; (t, C)."""
        pairs = [
            (row, self._word_number[word])
            for row, title in enumerate(titles)
            for word in set(title.words)
            if word in self._word_number
        ]
        rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
        shape = (len(titles), self._shares.shape[1])
        present = sp.csr_matrix((np.ones(len(pairs), np.float32), (rows, columns)), shape=shape)
        return np.asarray((present @ self._shares.T).toarray(), np.float32)

    def _standing(self, titles: list[Title], matches: list[dict[int, Match]], title: Ints, term: Ints) -> list[Floats]:
        out = np.zeros((6, len(title)), np.float32)
        for column, (row, number) in enumerate(zip(title.tolist(), term.tolist(), strict=True)):
            match = matches[row].get(number)
            if match is not None:
                out[:, column] = (
                    1,
                    match.last - match.first,
                    match.ends_first_segment,
                    match.ends_a_segment,
                    match.last / len(titles[row].words),
                    match.longest,
                )
        return list(out)

    def _heads(self, titles: list[Title], title: Ints, term: Ints) -> list[Floats]:
        """Is the term's last word in the title, and does it end a segment there?"""
        present = [set(t.words) for t in titles]
        ending = [{t.words[end - 1] for end in t.ends} for t in titles]
        heads = [words[-1] if words else "" for words in self._words]
        pairs = list(zip(title.tolist(), term.tolist(), strict=True))
        return [
            np.array([heads[number] in where[row] for row, number in pairs], np.float32) for where in (present, ending)
        ]


def _top(values: Floats, count: int, terms: int) -> Ints:
    """Codes (title · terms + term) of the best terms of each title."""
    count = min(count, values.shape[1])
    best = np.argpartition(-values, count - 1, axis=1)[:, :count]
    return np.asarray((np.arange(len(values))[:, None] * terms + best).ravel(), np.int64)


def _with_gap(values: Floats, title: Ints, term: Ints) -> list[Floats]:
    """A candidate's value and its lead over the best other term of the title."""
    if values.shape[1] < 2:
        return [values[title, term], values[title, term]]
    two = np.argpartition(-values, 1, axis=1)[:, :2]
    pair = np.take_along_axis(values, two, 1)
    winner = np.take_along_axis(two, pair.argmax(axis=1)[:, None], 1)[:, 0]
    other = np.where(winner[title] == term, pair.min(axis=1)[title], pair.max(axis=1)[title])
    return [values[title, term], values[title, term] - other]
