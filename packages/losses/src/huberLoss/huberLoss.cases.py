"""Cases of huberLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

from elementCases import REDUCTIONS, SHAPES, call, edges, pairs

function = F.huber_loss

differentiable = ["input", "target"]


def draw(shape):
    return torch.randn(shape)


def draw_target(shape):
    return torch.randn(shape)


def cases(dtype):
    yield from pairs(dtype, draw, draw_target, delta=(None, 0.3, 2))
    yield from edges(dtype, {"-inf": -math.inf, "inf": math.inf, "nan": math.nan, "equal": 1, "large": 1e4}, [1, 0.25])
    for shape, reduction, delta in product(SHAPES[1:], REDUCTIONS, (0.3, 2)):
        options = {"reduction": reduction, "delta": delta, "weight": torch.rand(shape, dtype=dtype) + 0.1}
        yield call(f"weight, delta {delta}, {reduction}", dtype, draw(shape), draw_target(shape), **options)
