"""Cases of poissonNllLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

from elementCases import REDUCTIONS, SHAPES, call, edges, pairs

function = F.poisson_nll_loss

differentiable = ["input", "target"]


def draw(shape):
    return torch.randn(shape)


def draw_target(shape):
    return 3 * torch.rand(shape) + 0.05


def cases(dtype):
    yield from pairs(dtype, draw, draw_target, full=(False, True), eps=(None, 1e-3))
    yield from edges(dtype, {"nan": math.nan, "zero": 0, "large": 50}, [2, 0.25])
    for shape, reduction, full in product(SHAPES, REDUCTIONS, (False, True)):
        options = {"reduction": reduction, "full": full, "logInput": False}
        yield call(f"expected counts, full {full}, {reduction}", dtype, torch.rand(shape) + 0.1, draw_target(shape), **options)
