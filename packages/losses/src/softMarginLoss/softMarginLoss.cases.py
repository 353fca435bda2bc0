"""Cases of softMarginLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

from elementCases import REDUCTIONS, SHAPES, call, edges, pairs


def function(input, target, **options):
    return F.soft_margin_loss(*torch.broadcast_tensors(input, target), **options)


def draw(shape):
    return 3 * torch.randn(shape)


def draw_target(shape):
    return torch.randint(0, 2, shape) * 2 - 1


def cases(dtype):
    yield from pairs(dtype, draw, draw_target)
    yield from edges(dtype, {"nan": math.nan, "zero": 0, "large": 80, "small": -80}, [1, -1])
    for shape, reduction in product(SHAPES, REDUCTIONS):
        yield call(f"a target of any number, {reduction}", dtype, draw(shape), torch.randn(shape), reduction=reduction)
