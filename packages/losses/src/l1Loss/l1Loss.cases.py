"""Cases of l1Loss; test/makeFixtures.py answers them."""

import math

import torch
import torch.nn.functional as F

from elementCases import edges, pairs, weighted

function = F.l1_loss

differentiable = ["input", "target"]


def draw(shape):
    return torch.randn(shape)


def draw_target(shape):
    return torch.randn(shape)


def cases(dtype):
    yield from pairs(dtype, draw, draw_target)
    yield from edges(dtype, {"-inf": -math.inf, "inf": math.inf, "nan": math.nan, "equal": 1, "large": 1e4}, [1, 0.25])
    yield from weighted(dtype, draw, draw_target)
