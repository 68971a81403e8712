"""Learns the weights of `knowledge/data/en/requested.yaml` from labelled messages.

    pip install scikit-learn==1.9.1 && python corpus/learn_requests.py

One logistic regression tells the kinds of request from each other and from none. Messages that state something about work
(`corpus/en`, `tests/utterances`) request nothing; every second of those that are no longer than a request is learned from.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import chain, islice
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT)]

from bot.understand.requested import NONE, evidence, told  # noqa: E402
from bot.understand.slots import Named  # noqa: E402
from bot.understand.wording import wording  # noqa: E402
from corpus.learn import RARE, REGULARISATION, written  # noqa: E402
from corpus.sentences import digest_of_requests, of_corpus, of_requests, of_tests  # noqa: E402
from knowledge.load import packaged  # noqa: E402

LONGEST = 30
"""Words of a message that a request is looked for in."""
EVERY = 2
"""Of messages that state something, one in so many is learned from: all of them would outweigh the requests."""
WEAK = 0.15
"""A weight nearer to 0 (in log-odds) is left out; many weak ones tell the kinds apart."""
MOST_STEPS = 100


def messages() -> Iterator[tuple[str, str]]:
    """All messages with the kind of request they make."""
    for text, kind in of_requests():
        yield text, kind or NONE
    stating = (each.text for each in chain(of_corpus(), of_tests()) if any(None not in values for values in each.values.values()))
    yield from ((text, NONE) for text in islice((text for text in stating if len(text.split()) <= LONGEST), 0, None, EVERY))


def main() -> None:
    knowledge = packaged()
    words = knowledge.words("en")
    ready = wording(words)
    named = Named(knowledge, words, ready)
    rows, kinds = [], []
    for text, kind in messages():
        found = ready.tokens(text)
        rows.append(dict.fromkeys((*told(found), *evidence(text, found, named)), 1))
        kinds.append(kind)
    vectors = DictVectorizer(dtype=np.float32)
    matrix = csr_matrix(vectors.fit_transform(rows))
    kept = np.flatnonzero(matrix.getnnz(axis=0) >= RARE)
    model = LogisticRegression(C=REGULARISATION, max_iter=MOST_STEPS).fit(matrix[:, kept], kinds)
    names = vectors.get_feature_names_out()[kept].tolist()
    text = written(names, model.coef_, model.intercept_, model.classes_.tolist(), digest_of_requests(), Path(__file__).name, WEAK)
    (ROOT / "knowledge/data/en/requested.yaml").write_text(text, "utf-8")
    print(f"{len(rows)} messages, {len(names)} features, {len(model.classes_)} kinds, {len(text) // 1024} KB")


if __name__ == "__main__":
    main()
