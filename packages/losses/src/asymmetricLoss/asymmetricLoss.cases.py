"""Cases of asymmetricLoss; test/makeFixtures.py answers them."""

import math

import torch
import torch.nn.functional as F

from elementCases import edges, pairs


def function(input, target, gamma_pos=1, gamma_neg=4, clip=0.05, reduction="mean"):
    """The paper's formula."""
    input, target = torch.broadcast_tensors(input, target)
    p = torch.sigmoid(input)
    shifted = (p - clip).clamp(min=0)
    present = -((1 - p) ** gamma_pos) * F.logsigmoid(input)
    absent = -(shifted**gamma_neg) * torch.log1p(-shifted)
    losses = target * present + (1 - target) * absent
    return losses if reduction == "none" else getattr(losses, reduction)()


SHAPES = [(), (3,), (2, 2)]


def draw(shape):
    return 2 * torch.randn(shape)


def draw_target(shape):
    return torch.randint(0, 2, shape)


def cases(dtype):
    yield from pairs(dtype, draw, draw_target, SHAPES, clip=(None, 0, 0.3), gammaNeg=(None, 0, 1), gammaPos=(None, 0))
    yield from edges(dtype, {"nan": math.nan, "zero": 0, "large": 20}, [1, 0])
