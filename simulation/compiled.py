"""How numba compiles here: without the interpreter's lock, kept for the next start where that is possible."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit, vectorize

# without numba's memory manager: counting who holds which array would take longer than the kernel's own work
_OPTIONS: dict[str, Any] = {"nogil": True, "_nrt": False}


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function of scalars and arrays that makes no array of its own."""
    try:
        return njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # no folder to keep it in: neither beside the source nor in the user's cache
        return njit(**_OPTIONS)(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a function into each of its callers: handing over its arrays would take longer than its work."""
    return njit(inline="always", **_OPTIONS)(function)


def elementwise(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """Compile a function of scalars of these types to one that takes arrays, which broadcast."""

    def compile_now(function: Callable[..., Any]) -> Any:
        try:
            return vectorize([signature], cache=True)(function)
        except RuntimeError:
            return vectorize([signature])(function)

    return compile_now
