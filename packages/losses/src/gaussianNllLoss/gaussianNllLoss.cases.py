"""Cases of gaussianNllLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

def function(input, target, variance, **options):
    return F.gaussian_nll_loss(input, target, variance, **options)


SHAPES = [(3,), (2, 2), (2, 1, 3)]
REDUCTIONS = ("mean", "sum", "none")
differentiable = ["input", "target", "variance"]


def call(note, dtype, input, target, variance, **options):
    arguments = {"input": input, "target": target, "variance": variance}
    arguments = {name: torch.as_tensor(value, dtype=dtype) for name, value in arguments.items()}
    return {"note": note, "arguments": arguments, "options": options}


def cases(dtype):
    for shape, reduction, full, eps in product(SHAPES, REDUCTIONS, (False, True), (None, 0.5)):
        options = {"reduction": reduction, "full": full, **({} if eps is None else {"eps": eps})}
        note = f"full {full}, eps {eps}, {reduction}"
        input, target = torch.randn(shape), torch.randn(shape)
        yield call(note, dtype, input, target, torch.rand(shape) + 0.1, **options)
        yield call(f"a variance for each vector, {note}", dtype, input, target, torch.rand((*shape[:-1], 1)) + 0.1, **options)
        if len(shape) > 1:
            yield call(f"a short variance, {note}", dtype, input, target, torch.rand(shape[:-1]) + 0.1, **options)
    for reduction in REDUCTIONS:
        for name, value in {"nan": math.nan, "inf": math.inf, "equal": 0.25}.items():
            yield call(f"edge: {name}, {reduction}", dtype, [value, 0.5], [0.25, 1], [1, 0.3], reduction=reduction)
        yield call(f"edge: no variance, {reduction}", dtype, [0.2501, 0.5], [0.25, 0.5], [0, 0], reduction=reduction)
        empty = torch.zeros(0, 3)
        yield call(f"edge: no elements, {reduction}", dtype, empty, empty, empty, reduction=reduction)
