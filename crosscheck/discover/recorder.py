"""Record the calls of everything that looks like a hand-written derivative, within bounds."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from types import FunctionType, ModuleType
from typing import TYPE_CHECKING, Any

from crosscheck.discover.candidates import Call, Candidate, found_in, place_of, plain, unpaired
from crosscheck.discover.optimizers import OPTIMIZERS, passed
from crosscheck.discover.storing import importable, shapes, signature, state, stored
from crosscheck.discover.watch import Watched

if TYPE_CHECKING:
    from collections.abc import Mapping

    from crosscheck.discover.names import Pair
    from crosscheck.discover.settings import Settings

QUIET = 1000  # calls of a function with nothing new, after which it is no longer watched


class Recorder:
    """Watches packages as their modules are imported, and keeps the first calls that differ.

    Example:
        >>> from crosscheck.discover.settings import Settings
        >>> recorder = Recorder(Settings(("mypackage",)))
        >>> recorder.scan(), recorder.finish()
        (None, [])

    """

    def __init__(self, settings: Settings) -> None:
        """Watch nothing yet."""
        self.settings = settings
        self.watched = Watched()
        self.candidates: dict[tuple[str, ...], Candidate] = {}
        self.unpaired: dict[str, FunctionType] = {}
        self._scanned: dict[str, int] = {}
        self._roles: dict[FunctionType, list[tuple[ModuleType, type | None, Pair]]] = {}
        self._seen: dict[Any, set[Any]] = {}
        self._quiet: Counter[FunctionType] = Counter()
        self._bytes = 0
        self._lock = threading.Lock()

    def scan(self) -> None:
        """Watch what has been imported since the last time; cheap where nothing has."""
        if self._scanned.get("") == len(sys.modules):
            return
        self._scanned[""] = len(sys.modules)
        for name, module in list(sys.modules.items()):
            kept: Any = module  # sys.modules holds whatever was put there
            if isinstance(kept, ModuleType) and self._scanned.get(name) != id(module):
                self._scanned[name] = id(module)
                if self.settings.watches(module.__name__):
                    self.take(module)
                if name == "scipy.optimize":
                    self._optimizers(module)

    def take(self, module: ModuleType) -> None:
        """Watch the pairs of a module as it stands now."""
        for kind, pair, names in found_in(module, self.settings):
            for name in (pair.derivative, *pair.functions):
                function = plain(names[name])
                assert function is not None  # noqa: S101 - a namespace has nothing else
                self._add(function, module, kind, pair)
        self.unpaired.update(unpaired(module, self.settings))

    def store_main(self, module: ModuleType) -> None:
        """Note the candidates of a script while its module is there."""
        for function, roles in self._roles.items():
            for own, kind, pair in roles:
                if own is module:
                    self._candidate(own, kind, pair, function)

    def finish(self) -> list[Candidate]:
        """Watch nothing any more; return the candidates, those without calls too."""
        self.watched.leave_all()
        for function, roles in self._roles.items():
            for module, kind, pair in roles:
                self._candidate(module, kind, pair, function)
        return list(self.candidates.values())

    def _add(
        self, function: FunctionType, module: ModuleType, kind: type | None, pair: Pair
    ) -> None:
        roles = self._roles.setdefault(function, [])
        if (module, kind, pair) not in roles:
            roles.append((module, kind, pair))
        self.watched.watch(function, lambda args, kwargs: self._note(function, args, kwargs))

    def _note(
        self, function: FunctionType, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> None:
        """Keep a call if it differs from those that are kept; whatever fails here stays here."""
        if not self._lock.acquire(blocking=False):  # a copy is being made, by this thread or others
            return
        try:
            self._keep(function, args, kwargs)
        except Exception:  # noqa: BLE001, S110 - the watched code must see no difference
            pass
        finally:
            self._lock.release()

    def _keep(
        self, function: FunctionType, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> None:
        first = type(args[0]) if args else None
        said = (
            first,
            state(args[0]) if args else (),
            *map(signature, args),
            *((k, signature(v)) for k, v in kwargs.items()),
        )
        seen = self._seen.setdefault(function, set())
        self._quiet[function] += 1
        if said in seen:
            if self._quiet[function] > QUIET:
                self.watched.leave(function)
            return
        self._quiet[function] = 0
        seen.add(said)
        for module, kind, pair in self._roles[function]:
            self._keep_for(module, kind, pair, function, (args, dict(kwargs)))

    def _keep_for(
        self,
        module: ModuleType,
        kind: type | None,
        pair: Pair,
        function: FunctionType,
        given: tuple[tuple[Any, ...], dict[str, Any]],
    ) -> None:
        """Keep a call for one of the pairs that the function is of."""
        args, kwargs = given
        if pair.kind == "torch":  # the context belongs to this call alone
            args = (None, *args[1:])
        static = kind is None or not isinstance(_static(kind, function), FunctionType)
        if kind is not None and not static:
            if not args or not isinstance(args[0], kind):
                return
            actual = type(args[0])
            if actual is not kind:
                module, kind = sys.modules.get(actual.__module__, module), actual
                if (module, kind, pair) in self._roles[function]:
                    return  # it is kept for its own class
        name = function.__name__
        for known in (pair.derivative, *pair.functions):
            if plain(_lookup(module, kind, known)) is function:
                name = known
        candidate = self._candidate(module, kind, pair, function)
        kept = [call for call in candidate.calls if call.function == name]
        if len(kept) >= self.settings.calls:
            return
        modules = [m for m in {module, sys.modules.get(function.__module__)} if not importable(m)]
        with self.watched.suspended():
            limit = min(self.settings.largest, self.settings.total - self._bytes)
            try:
                copy = stored((args, kwargs), limit, [m for m in modules if m is not None])
            except Exception as error:  # noqa: BLE001 - whatever a class's own pickling raises
                candidate.problem = f"{type(error).__name__}: {error}"
                return
        self._bytes += len(copy)
        candidate.calls.append(Call(name, copy, str(shapes((args, kwargs)))))

    def _candidate(
        self, module: ModuleType, kind: type | None, pair: Pair, function: FunctionType
    ) -> Candidate:
        owner = "" if kind is None else kind.__qualname__
        derivative = plain(_lookup(module, kind, pair.derivative)) or function
        place = place_of(derivative)
        made = Candidate(module.__name__, owner, pair, place)
        if made.key not in self.candidates and not importable(module):
            made.functions = self._stored_functions(module, kind, pair)
        return self.candidates.setdefault(made.key, made)

    def _stored_functions(self, module: ModuleType, kind: type | None, pair: Pair) -> bytes:
        """Return the functions of a module that no other process can import."""
        names = (pair.derivative, *pair.functions)
        values = {name: _lookup(module, None, name) for name in names} if kind is None else kind
        with self.watched.suspended():
            try:
                return stored(values, self.settings.largest, [module])
            except Exception:  # noqa: BLE001 - the calls say why
                return b""

    def _optimizers(self, module: ModuleType) -> None:
        """Watch the functions of scipy.optimize that take derivatives."""
        for name in OPTIMIZERS:
            function = getattr(module, name, None)
            if isinstance(function, FunctionType):
                self.watched.watch(function, self._noting_optimizer(function))

    def _noting_optimizer(self, function: FunctionType) -> Any:
        def note(args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
            if not self._lock.acquire(blocking=False):
                return
            try:
                self._keep_passed(function, args, kwargs)
            except Exception:  # noqa: BLE001, S110 - the watched code must see no difference
                pass
            finally:
                self._lock.release()

        return note

    def _keep_passed(
        self, function: FunctionType, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        """Keep what an optimiser is given, where a derivative of a watched package is among it."""
        from crosscheck.discover.names import Pair

        problem = passed(function, args, kwargs)
        if problem is None:
            return
        for what, derivative in problem.derivatives():
            module = sys.modules.get(getattr(derivative, "__module__", None) or "")
            if module is None or not self.settings.watches(module.__name__):
                continue
            name = _name(derivative)
            pair = Pair(name, (function.__name__,), f"optimize {what}")
            made = Candidate(module.__name__, "", pair, place_of(derivative))
            candidate = self.candidates.setdefault((*made.key, str(made.place)), made)
            said = (signature(problem.x0), signature(problem.args))
            seen = self._seen.setdefault(candidate.key, set())
            if said in seen or len(candidate.calls) >= self.settings.calls:
                continue
            seen.add(said)
            modules = [m for m in sys.modules.values() if m is module and not importable(m)]
            with self.watched.suspended():
                limit = min(self.settings.largest, self.settings.total - self._bytes)
                try:
                    copy = stored(problem.only(what), limit, modules)
                except Exception as error:  # noqa: BLE001 - whatever pickling raises
                    candidate.problem = f"{type(error).__name__}: {error}"
                    continue
            self._bytes += len(copy)
            candidate.calls.append(Call(function.__name__, copy))


def _lookup(module: ModuleType, kind: type | None, name: str) -> Any:
    if kind is None:
        return getattr(module, name, None)
    return _static_by_name(kind, name)


def _static_by_name(kind: type, name: str) -> Any:
    return next((vars(base)[name] for base in kind.__mro__ if name in vars(base)), None)


def _static(kind: type, function: FunctionType) -> Any:
    """Return the attribute of a class that a function is behind: itself, or a staticmethod."""
    values = (value for base in kind.__mro__ for value in vars(base).values())
    return next((value for value in values if plain(value) is function), function)


def _name(function: Any) -> str:
    """Return the name of a function with its class; of a method, with that of its object."""
    holder = getattr(function, "__self__", None)
    if holder is not None and not isinstance(holder, type):
        return f"{type(holder).__qualname__}.{function.__name__}"
    return str(getattr(function, "__qualname__", type(function).__qualname__))
