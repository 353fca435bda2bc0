"""Cases of klDiv; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

from elementCases import SHAPES, call, edges, pairs

function = F.kl_div

differentiable = ["input", "target"]


def draw(shape):
    return torch.randn(shape).log_softmax(-1) - 1 if shape else torch.tensor(-2.7)


def draw_target(shape):
    return torch.rand(shape) * 0.9 + 0.05


def cases(dtype):
    yield from pairs(dtype, draw, draw_target)
    yield from edges(dtype, {"inf": math.inf, "nan": math.nan, "large": -1e4}, [0.5, 0.25])
    for shape, reduction in product(SHAPES, ("mean", "sum", "none", "batchmean")):
        target = torch.randn(shape).log_softmax(-1) if shape else torch.tensor(-0.3)
        yield call(f"log target, {reduction}", dtype, draw(shape), target, reduction=reduction, logTarget=True)
        if shape:
            yield call(f"batchmean, {reduction}", dtype, draw(shape), draw_target(shape), reduction="batchmean")
