"""Cases of binaryCrossEntropyWithLogits; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

from elementCases import REDUCTIONS, SHAPES, call, edges, pairs


def function(input, target, **options):
    return F.binary_cross_entropy_with_logits(*torch.broadcast_tensors(input, target), **options)


differentiable = ["input", "target"]


def draw(shape):
    return 3 * torch.randn(shape)


def draw_target(shape):
    return torch.rand(shape)


def cases(dtype):
    yield from pairs(dtype, draw, draw_target)
    yield from edges(dtype, {"nan": math.nan, "zero": 0, "large": 1e3, "small": -1e3}, [1, 0.25])
    for shape, reduction, weighted in product(SHAPES[1:], REDUCTIONS, (False, True)):
        options = {"reduction": reduction, "posWeight": torch.rand(shape[-1:], dtype=dtype) * 3}
        if weighted:
            options["weight"] = torch.rand(shape, dtype=dtype) + 0.1
        yield call(f"posWeight, weight {weighted}, {reduction}", dtype, draw(shape), draw_target(shape), **options)
