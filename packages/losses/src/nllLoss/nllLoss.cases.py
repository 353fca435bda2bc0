"""Cases of the negative log-likelihood; test/makeFixtures.py computes their expected numbers."""

import math
from itertools import product

import torch
import torch.nn.functional as F

function = F.nll_loss

SHAPES = [(5,), (4, 3), (2, 3, 2), (2, 3, 2, 2)]
REDUCTIONS = ("mean", "sum", "none")
# ignore_index: none, the default, a negative number, a number above the classes, a class.
IGNORE_INDICES = (None, -100, -7, 255, 1)


def cases(dtype):
    for shape, weighted, ignore_index, reduction in product(SHAPES, (False, True), IGNORE_INDICES, REDUCTIONS):
        axis = min(len(shape) - 1, 1)
        options = {"reduction": reduction}
        if weighted:
            options["weight"] = torch.rand(shape[axis], dtype=dtype) + 0.1
        if ignore_index not in (None, -100):
            options["ignoreIndex"] = ignore_index
        target = torch.randint(0, shape[axis], shape[:axis] + shape[axis + 1 :])
        if target.dim() and ignore_index is not None:
            target.view(-1)[:2] = torch.tensor([ignore_index, 0])
        yield {
            "note": ", ".join(f"{key} {options[key]}" if key != "weight" else key for key in options),
            "arguments": {"input": torch.randn(shape, dtype=dtype).log_softmax(axis), "target": target},
            "options": options,
            "axis": axis,
        }
    yield from edges(dtype)


def edges(dtype):
    def edge(note, rows, target, **options):
        rows, target = torch.as_tensor(rows, dtype=dtype), torch.as_tensor(target)
        arguments = {"input": rows, "target": target}
        return {"note": f"edge: {note}", "arguments": arguments, "options": options, "axis": min(rows.dim() - 1, 1)}

    ordinary = [-1.6563, -1.7563, -1.5563]
    yield edge("the first example", ordinary, 2)
    yield edge("positive input", [[3, -2, 0.5]], [0])
    yield edge("one class", [[0], [-0.5]], [0, 0])
    for reduction in REDUCTIONS:
        for name, bad in {"−inf": -math.inf, "+inf": math.inf, "nan": math.nan}.items():
            row = [bad, -2, -1]
            yield edge(f"{name} at the target, {reduction}", [row, ordinary], [0, 1], reduction=reduction)
            yield edge(f"{name} beside the target, {reduction}", [row, ordinary], [1, 1], reduction=reduction)
        yield edge(f"one row, ignored, {reduction}", ordinary, -100, reduction=reduction)
        yield edge(f"all ignored, {reduction}", [ordinary, ordinary], [-100, -100], reduction=reduction)
        yield edge(f"all ignored, inside the classes, {reduction}", [ordinary, ordinary], [1, 1], reduction=reduction, ignoreIndex=1)
        yield edge(f"empty batch, {reduction}", torch.zeros(0, 3), torch.zeros(0, dtype=torch.int64), reduction=reduction)
        yield edge(f"no positions, {reduction}", torch.zeros(2, 3, 0), torch.zeros(2, 0, dtype=torch.int64), reduction=reduction)
        nothing = ", 0 / 0" if reduction == "mean" else ""
        zero = torch.tensor([0, 0.5, 2], dtype=dtype)
        yield edge(f"a class of weight 0, {reduction}", [ordinary, ordinary], [0, 2], reduction=reduction, weight=zero)
        yield edge(f"only classes of weight 0, {reduction}{nothing}", [ordinary, ordinary], [0, 0], reduction=reduction, weight=zero)
    zero = torch.tensor([0, 0.5, 2], dtype=dtype)
    yield edge("weight 0 at −inf, 0 · ∞", [[-math.inf, -2, -1], ordinary], [0, 1], weight=zero)
