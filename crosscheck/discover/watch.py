"""Watch calls of Python functions without changing anything that the watched code can see.

A function object stays the same object: in its module, in every module that imported it, in its
class, in tables and closures. Only its code is exchanged, for code with the same signature that
notes the arguments and then runs the original one.
"""

from __future__ import annotations

import contextlib
import inspect
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Note = Callable[[tuple[Any, ...], dict[str, Any]], None]

SPECIAL = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
TEMPLATE = """
def factory({cells}):
    def code({signature}):
        if 0: ({cells})
        _crosscheck_note, _crosscheck_original = "<note>", "<original>"
        _crosscheck_note(({positional}), {{{keywords}}})
        return _crosscheck_original({call})
    return code
"""


@dataclass
class Watched:
    """The functions whose code is exchanged: function -> its own code and the other one."""

    codes: dict[FunctionType, tuple[CodeType, CodeType]] = field(default_factory=dict)

    def watch(self, function: FunctionType, note: Note) -> None:
        """Call `note(args, kwargs)` before every call of a function; again: leave it as it is."""
        if function not in self.codes and not function.__code__.co_flags & SPECIAL:
            own = function.__code__
            self.codes[function] = own, noting(function, note)
            function.__code__ = self.codes[function][1]

    def leave(self, function: FunctionType) -> None:
        """Put the code of a function back."""
        function.__code__ = self.codes.pop(function)[0]

    def leave_all(self) -> None:
        """Put the code of every function back."""
        for function in list(self.codes):
            self.leave(function)

    @contextlib.contextmanager
    def suspended(self) -> Iterator[None]:
        """Put all code back for a while."""
        for function, (own, _) in self.codes.items():
            function.__code__ = own
        try:
            yield
        finally:
            for function, (_, other) in self.codes.items():
                function.__code__ = other


def noting(function: FunctionType, note: Note) -> CodeType:
    """Return code with the signature of a function that calls `note`, then the function's own."""
    own = function.__code__
    names = own.co_varnames
    count, keyword_only = own.co_argcount, own.co_kwonlyargcount
    positional = list(names[:count])
    keywords = names[count : count + keyword_only]
    rest = count + keyword_only
    starred = names[rest] if own.co_flags & inspect.CO_VARARGS else ""
    double = names[rest + bool(starred)] if own.co_flags & inspect.CO_VARKEYWORDS else ""
    slash = own.co_posonlyargcount
    signature = [*positional[:slash], *(["/"] if slash else []), *positional[slash:]]
    signature += [f"*{starred}"] if starred else ["*"] if keywords else []
    passed = [*positional, *([f"*{starred}"] if starred else [])]
    more = [f"**{double}"] if double else []
    source = TEMPLATE.format(
        cells=", ".join(own.co_freevars) or "",
        signature=", ".join([*signature, *keywords, *more]),
        positional="".join(f"{name}, " for name in passed),
        keywords=", ".join([*(f"{name!r}: {name}" for name in keywords), *more]),
        call=", ".join([*passed, *(f"{name}={name}" for name in keywords), *more]),
    )
    original = FunctionType(own, function.__globals__, own.co_name, None, function.__closure__)
    values = {"<note>": note, "<original>": original}
    factory = next(c for c in compile(source, own.co_filename, "exec").co_consts if _is_code(c))
    code: CodeType = next(c for c in factory.co_consts if _is_code(c))
    return code.replace(
        co_consts=tuple(_exchanged(constant, values) for constant in code.co_consts),
        co_name=own.co_name,
        co_qualname=own.co_qualname,
        co_firstlineno=own.co_firstlineno,
    )


def _exchanged(constant: Any, values: dict[str, Any]) -> Any:
    """Return a constant of the template, or what stands for it; two may come as one tuple."""
    if isinstance(constant, tuple):
        return tuple(_exchanged(part, values) for part in constant)
    return values.get(constant, constant) if isinstance(constant, str) else constant


def _is_code(constant: Any) -> bool:
    return isinstance(constant, CodeType)
