"""Cases of logCoshLoss; test/makeFixtures.py answers them."""

import math

import torch

from elementCases import REDUCTIONS, call, edges, pairs


def function(input, target, reduction="mean"):
    input, target = torch.broadcast_tensors(input, target)
    losses = torch.logaddexp(input - target, target - input) - math.log(2)
    return losses if reduction == "none" else getattr(losses, reduction)()


differentiable = ["input", "target"]


def draw(shape):
    return 2 * torch.randn(shape)


def draw_target(shape):
    return torch.randn(shape)


def cases(dtype):
    yield from pairs(dtype, draw, draw_target)
    yield from edges(dtype, {"nan": math.nan, "near": 0.9, "large": 1e4}, [1, 0.25])
    for reduction in REDUCTIONS:
        for size in range(1, 9):
            yield call(f"a vector of {size}, {reduction}", dtype, draw((size,)), draw_target((size,)), reduction=reduction)
