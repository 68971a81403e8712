"""Results of pure functions, remembered by which values they were given: a case costs more to hash than to look at again."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")


def by_identity(most: int) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Remember up to `most` results; for functions of values that are replaced and never changed. Text counts by what it says.

    What was given is kept with its result, so that no other value can take its identity.
    """

    def decorate(function: Callable[Given, Result]) -> Callable[Given, Result]:
        known: dict[tuple[object, ...], tuple[Result, tuple[object, ...]]] = {}

        @functools.wraps(function)
        def remembered(*given: Given.args, **named: Given.kwargs) -> Result:
            if named:
                return function(*given, **named)
            key = tuple([each if isinstance(each, str) else id(each) for each in given])
            found = known.get(key)
            if found is None:
                if len(known) >= most:
                    known.clear()
                found = known[key] = function(*given, **named), given
            return found[0]

        return remembered

    return decorate
