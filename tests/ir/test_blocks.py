"""A long program is cut where its own steps begin, and every block is right by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from benchmarks.speed.real.cases import CASES
from crosscheck.ir import jax_backend, torch_backend
from crosscheck.ir.blocks import SIZES, blocks, cut
from crosscheck.ir.program import Node, Program, Structure
from crosscheck.tracing import record
from tests.tracing.corpus import CORPUS
from tests.tracing.inputs import inputs_of

if TYPE_CHECKING:
    from crosscheck.ir.recording import Recording


def recorded(steps: int) -> Recording:
    def loss(w: Any, b: Any) -> Any:
        h = np.zeros(2)
        for _ in range(steps):
            h = np.tanh(w @ h + b)
        return np.sum(h**2)

    return record(loss, {"w": np.eye(2) / 2, "b": np.ones(2)}, {})


def test_a_loop_has_as_many_kinds_of_blocks_however_long_it_is() -> None:
    for steps in (60, 600):
        found = blocks(recorded(steps).program.structure)
        assert len({block.structure for block in found}) <= 4
        assert len(found) >= steps * 3 // SIZES[-1]


def test_every_node_is_in_one_block() -> None:
    structure = recorded(100).program.structure
    computed = [i for i, node in enumerate(structure.nodes) if node.inputs]
    pieces = cut([structure.nodes[i].operation for i in computed])
    assert [place for a, b in pieces for place in range(a, b)] == list(range(len(computed)))
    assert max(b - a for a, b in pieces) <= SIZES[-1]
    assert cut([]) == []


def rounded(w: Any, x: Any) -> Any:
    """Computes in float32 in between: the only snippet with a cast."""
    return np.sum((w.astype(np.float32) * x).astype(np.float64) ** 2)


def cover() -> dict[str, Recording]:
    """Return few recorded snippets of the corpus in which every primitive occurs."""
    recordings = {name: record(loss, *inputs_of(loss)) for name, loss in CORPUS.items()}
    recordings["rounded"] = record(rounded, {"w": np.ones(2)}, {"x": np.arange(2.0)})
    operations = {
        name: {node.operation for node in recording.program.structure.nodes}
        for name, recording in recordings.items()
    }
    missing, chosen = set(jax_backend.kernels()), {}
    while missing:
        name = max(operations, key=lambda key: len(operations[key] & missing))
        assert operations[name] & missing, f"no snippet has {missing}"
        chosen[name] = recordings[name]
        missing -= operations[name]
    return chosen


def test_the_chain_is_right_for_every_primitive(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jax_backend, "LARGEST_WHOLE", 0)
    for name, recording in cover().items():
        program, leaves = recording.program.in_precision("float64"), recording.leaves
        value, expected = torch_backend.run(program, leaves)
        again, gradients = jax_backend.run(program, leaves)
        assert np.allclose(again, value, rtol=1e-12), name
        for gradient, other in zip(gradients, expected, strict=True):
            assert (gradient.dtype, gradient.shape) == (other.dtype, other.shape)
            assert np.abs(gradient - other).max() <= 1e-10 * np.abs(other).max() + 1e-14, name
        (output,) = jax_backend.values(program, leaves)
        assert np.allclose(output, value, rtol=1e-12), name


def test_a_wrong_chain_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = recorded(199)  # a structure that no other test has cut
    _, expected = torch_backend.run(recording.program, recording.leaves)
    monkeypatch.setattr(jax_backend, "dependent", lambda structure: {len(structure.nodes) - 1, 0})
    _, wrong = jax_backend.run(recording.program, recording.leaves)
    assert not np.allclose(wrong[0], expected[0], rtol=1e-6)


def test_a_leaf_that_is_read_twice_gets_both_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jax_backend, "LARGEST_WHOLE", 0)
    nodes = (
        Node("leaf", (), (0,)), Node("leaf", (), (0,)),
        Node("multiply", (0, 1)), Node("sum", (2,), ((0,),)),
    )  # fmt: skip
    _, (gradient,) = jax_backend.run(Program(Structure(nodes, (3,)), ()), [np.array([2.0, 3.0])])
    assert gradient.tolist() == [4, 6]


def test_the_chain_gives_what_the_whole_program_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = recorded(12)
    whole = jax_backend.run(recording.program, recording.leaves)
    monkeypatch.setattr(jax_backend, "LARGEST_WHOLE", 0)
    walked = jax_backend.run(recording.program, recording.leaves)
    for one, other in zip([walked[0], *walked[1]], [whole[0], *whole[1]], strict=True):
        assert np.allclose(one, other, rtol=1e-14)


@pytest.mark.parametrize("name", ["LSTM, 10 steps", "convolutional network"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_gradient_is_the_hand_written_one(name: str, dtype: str) -> None:
    case = CASES[name]()
    recording = record(case.loss, case.params, case.data)
    leaves = [leaf.astype(dtype) for leaf in recording.leaves]
    _, gradients = jax_backend.run(recording.program.in_precision(dtype), leaves)
    expected = case.gradient(**case.params, **case.data)
    near = 1e-12 if dtype == "float64" else 1e-4
    for name_, gradient in zip(case.params, gradients, strict=True):
        assert gradient.dtype == dtype
        assert np.abs(gradient - expected[name_]).max() <= near * np.abs(expected[name_]).max()
