"""Cases of sigmoidFocalLoss; test/makeFixtures.py answers them."""

import math

import torch
import torch.nn.functional as F

from elementCases import edges, pairs


def function(input, target, alpha=0.25, gamma=2, reduction="mean"):
    """torchvision's formula."""
    input, target = torch.broadcast_tensors(input, target)
    p = torch.sigmoid(input)
    cross_entropy = F.binary_cross_entropy_with_logits(input, target, reduction="none")
    losses = cross_entropy * (1 - (p * target + (1 - p) * (1 - target))) ** gamma
    if alpha >= 0:
        losses = losses * (alpha * target + (1 - alpha) * (1 - target))
    return losses if reduction == "none" else getattr(losses, reduction)()


def draw(shape):
    return 2 * torch.randn(shape)


def draw_target(shape):
    return torch.randint(0, 2, shape)


def cases(dtype):
    yield from pairs(dtype, draw, draw_target, alpha=(None, -1, 0.7), gamma=(None, 0, 0.5, 3))
    yield from edges(dtype, {"nan": math.nan, "zero": 0, "large": 30}, [1, 0])
