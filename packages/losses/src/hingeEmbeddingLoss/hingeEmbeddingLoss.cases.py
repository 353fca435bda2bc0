"""Cases of hingeEmbeddingLoss; test/makeFixtures.py answers them."""

import math

import torch
import torch.nn.functional as F

from elementCases import edges, pairs

function = F.hinge_embedding_loss


def draw(shape):
    return 2 * torch.rand(shape)


def draw_target(shape):
    return torch.randint(0, 2, shape) * 2 - 1


def cases(dtype):
    yield from pairs(dtype, draw, draw_target, margin=(None, 0.3, 2))
    yield from edges(dtype, {"nan": math.nan, "at the margin": 1, "inf": math.inf}, [-1, 1])
