"""Learns the weights of `knowledge/data/en/classifier.yaml` from labelled sentences.

    pip install scikit-learn==1.9.1 && python corpus/learn.py

For each value of each choice question a logistic regression tells the sentences that state it from all others. A message has
one label for several sentences: whichever of them speaks most for a value is taken as the one that states it, and the others
count neither way (multiple-instance learning), while a message that does not state a value speaks against it with every sentence.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from bot.understand.classifier import features, sentences  # noqa: E402
from bot.understand.facts import found_in, scan  # noqa: E402
from bot.understand.lexicon import compiled  # noqa: E402
from bot.understand.likelihood import evidence  # noqa: E402
from corpus.sentences import Labelled, digest, of_corpus, of_tests  # noqa: E402
from knowledge.load import packaged  # noqa: E402

REGULARISATION = 10.0
"""Inverse strength of the L2 penalty."""
RARE = 2
"""A feature of fewer sentences is left out."""
WEAK = 0.3
"""A weight nearer to 0 (in log-odds) is left out."""


class Row(NamedTuple):
    """A message as the features of each of its sentences."""

    sentences: list[set[str]]
    labels: Labelled


def rows() -> Iterator[Row]:
    """All messages. How well the lexicon reads the test sets, which it was written with, says nothing of how far to trust it."""
    knowledge = packaged()
    words = knowledge.words("en")
    lexicon = compiled(words)
    for labelled, trusted in ((of_corpus(), True), (of_tests(), False)):
        for message in labelled:
            scene = scan(message.text, lexicon)
            cut = scene.text.words
            known = evidence(found_in(scene, knowledge.questions, words)) if trusted else []
            parts = []
            for start, end in sentences(cut):
                told = {each.name for each in known if start <= each.at < end}
                parts.append(set(features(cut[start:end])) | told)
            yield Row(parts or [set()], message)


def learned(messages: Sequence[Row], classes: Sequence[tuple[str, str]]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """The names of the features, the weights [class, feature] and the bias of each class."""
    flat = [dict.fromkeys(part, 1) for row in messages for part in row.sentences]
    owner = np.array([place for place, row in enumerate(messages) for _ in row.sentences])
    vectors = DictVectorizer(dtype=np.float32)
    matrix = csr_matrix(vectors.fit_transform(flat))
    kept = np.flatnonzero(matrix.getnnz(axis=0) >= RARE)
    matrix = matrix[:, kept]
    member = csr_matrix((np.ones(len(owner), np.float32), (owner, np.arange(len(owner)))))
    whole = (member @ matrix > 0).astype(np.float32)  # each message as if it were one sentence
    weights, bias = np.zeros((len(classes), len(kept))), np.zeros(len(classes))
    for number, (question, value) in enumerate(classes):
        states = np.array([row.labels.states(question, value) for row in messages])  # 1, 0, or -1 where readers may differ
        known = np.flatnonzero(states >= 0)
        model = _fitted(whole[known], states[known])
        telling = _most_telling(matrix @ model.coef_[0], owner)
        examples = np.flatnonzero((states[owner] == 0) | ((states[owner] == 1) & telling))
        model = _fitted(matrix[examples], states[owner][examples])
        weights[number], bias[number] = model.coef_[0], model.intercept_[0]
    names = vectors.get_feature_names_out()[kept].tolist()
    return names, weights, bias


def _fitted(examples: csr_matrix, states: np.ndarray) -> LogisticRegression:
    return LogisticRegression(C=REGULARISATION, solver="liblinear", random_state=0).fit(examples, states)


def _most_telling(scores: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Whether each sentence is the one of its message with the highest score."""
    best = np.full(owner.max() + 1, -np.inf)
    np.maximum.at(best, owner, scores)
    first = np.zeros(len(owner), bool)
    first[np.unique(np.where(scores == best[owner], owner, -1), return_index=True)[1]] = True
    return first & (scores == best[owner])


def written(
    names: Sequence[str],
    weights: np.ndarray,
    bias: np.ndarray,
    classes: Sequence[str],
    corpus: str,
    learner: str,
    weak: float = WEAK,
) -> str:
    """A file of weights: `corpus` is the digest of what `learner` learned them from."""
    tenths = np.where(np.abs(weights) < weak, 0, np.round(10 * weights)).astype(int)
    lines = [
        f"  {name}|" + " ".join(f"{number}:{column[number]}" for number in np.flatnonzero(column))
        for name, column in sorted(zip(names, tenths.T, strict=True), key=lambda pair: pair[0])
        if column.any()
    ]
    head = [
        f"# Made by corpus/{learner} from labelled sentences: learn anew instead of changing it here.",
        "# A line of weights is a feature (a word, photo* for how it begins, two neighbours, or what the lexicon finds),",
        "# with the numbers of classes and the tenths of log-odds that it adds to them.",
        f"corpus: {corpus}",
        f"classes: [{', '.join(classes)}]",
        f"bias: [{', '.join(str(round(10 * each)) for each in bias)}]",
        "weights: |2",
    ]
    return "\n".join([*head, *lines]) + "\n"


def main() -> None:
    messages = list(rows())
    questions = packaged().questions
    classes = [(id, value) for id, question in questions.items() if question.type == "choice" for value in question.choices]
    names, weights, bias = learned(messages, classes)
    text = written(names, weights, bias, ["=".join(each) for each in classes], digest(), Path(__file__).name)
    (ROOT / "knowledge/data/en/classifier.yaml").write_text(text, "utf-8")
    print(f"{len(messages)} messages, {len(names)} features, {len(classes)} classes, {len(text) // 1024} KB")


if __name__ == "__main__":
    main()
