"""Cases of marginRankingLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

function = F.margin_ranking_loss

SHAPES = [(), (3,), (2, 2), (2, 1, 3), (1, 4)]
REDUCTIONS = ("mean", "sum", "none")
differentiable = ["input1", "input2"]


def call(note, dtype, input1, input2, target, **options):
    arguments = {"input1": input1, "input2": input2, "target": target}
    arguments = {name: torch.as_tensor(value, dtype=dtype) for name, value in arguments.items()}
    return {"note": note, "arguments": arguments, "options": options}


def cases(dtype):
    for shape, reduction, margin in product(SHAPES, REDUCTIONS, (None, 0.3, 2)):
        options = {"reduction": reduction, **({} if margin is None else {"margin": margin})}
        target = torch.randint(0, 2, shape) * 2 - 1
        note = f"margin {margin}, {reduction}"
        yield call(note, dtype, torch.randn(shape), torch.randn(shape), target, **options)
    for reduction in REDUCTIONS:
        for name, value in {"nan": math.nan, "inf": math.inf, "a tie": 0.25}.items():
            yield call(f"edge: {name}, {reduction}", dtype, [value, 0.5], [0.25, 1], [1, -1], reduction=reduction)
        empty = torch.zeros(0, 3)
        yield call(f"edge: no elements, {reduction}", dtype, empty, empty, empty, reduction=reduction)
