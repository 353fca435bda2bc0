"""Cases of binaryCrossEntropy; test/makeFixtures.py answers them."""

import torch
import torch.nn.functional as F

from elementCases import edges, pairs, weighted


def function(input, target, **options):
    return F.binary_cross_entropy(*torch.broadcast_tensors(input, target), **options)


differentiable = ["input", "target"]


def draw(shape):
    return torch.rand(shape) * 0.98 + 0.01


def draw_target(shape):
    return torch.rand(shape)


def cases(dtype):
    yield from pairs(dtype, draw, draw_target)
    yield from edges(dtype, {"tiny": 1e-30, "near one": 0.9999999}, [1, 0.25])
    yield from weighted(dtype, draw, draw_target)
