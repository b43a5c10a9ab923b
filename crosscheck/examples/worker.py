"""One oracle in a process of its own, answering over its standard streams.

The frameworks take a second each to import. Side by side in two processes they cost the slower
one, and whatever they configure dies with the process.
"""

from __future__ import annotations

import importlib
import os
import pickle
import sys
import traceback
from types import ModuleType
from typing import IO, Any


def serve(name: str) -> None:
    """Answer the requests on stdin on stdout, until stdin ends."""
    # The framework may print what it likes, and prints it to stderr: answers go to the real stdout.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        if name == "PyTorch":
            without_compiler()
        answer_all(name, sys.stdin.buffer, answers)


def answer_all(name: str, requests: IO[bytes], answers: IO[bytes]) -> None:
    """Answer each pickled list of requests until the stream ends.

    An answer is ("answer", list of list of quantities), or ("failure", traceback).
    """
    from crosscheck.examples.oracles import ORACLES

    while True:
        try:
            asked = pickle.load(requests)  # noqa: S301 - from our own parent
        except EOFError:
            return
        try:
            answer: tuple[str, Any] = ("answer", ORACLES[name](asked))
        except Exception:  # noqa: BLE001 - the parent reports it, whatever it is
            answer = ("failure", traceback.format_exc())
        pickle.dump(answer, answers)
        answers.flush()


def without_compiler() -> None:
    """Keep torch.optim from importing PyTorch's compiler only to tell it to stay away.

    Optimisers are decorated with torch._dynamo.disable, which takes as long to import as PyTorch
    itself. Nothing is compiled in this process; whoever asks for more than these two gets the real
    module.
    """

    class NoCompiler(ModuleType):
        @staticmethod
        def disable(function: Any = None, *_: object, **__: object) -> Any:
            return function

        @staticmethod
        def graph_break(*_: object, **__: object) -> None:
            return None

        def __getattr__(self, name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            sys.modules.pop(self.__name__, None)
            return getattr(importlib.import_module(self.__name__), name)

    sys.modules["torch._dynamo"] = NoCompiler("torch._dynamo")
