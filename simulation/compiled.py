"""How numba compiles here: without the interpreter's lock, kept for the next start where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit, vectorize


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function of scalars and arrays."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # no folder to keep it in: neither beside the source nor in the user's cache
        return njit(nogil=True)(function)


def elementwise(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function of scalars of these types to one that takes arrays, which broadcast."""

    def compile_now(function: Callable[..., Any]) -> Any:
        try:
            return vectorize([signature], cache=True)(function)
        except RuntimeError:
            return vectorize([signature])(function)

    return compile_now
