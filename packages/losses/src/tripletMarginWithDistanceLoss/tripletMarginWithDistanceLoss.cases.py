"""Cases of tripletMarginWithDistanceLoss; test/makeFixtures.py answers them with PyTorch."""

from itertools import product

import torch
import torch.nn.functional as F

differentiable = ["anchor", "positive", "negative"]


def function(anchor, positive, negative, **options):
    return F.triplet_margin_with_distance_loss(anchor, positive, negative, **options)


def cases(dtype):
    choices = product([(3,), (4, 5), (2, 3, 2)], (None, 0.5), (False, True), ("mean", "sum", "none"))
    for shape, margin, swap, reduction in choices:
        options = {"reduction": reduction, "swap": swap, **({} if margin is None else {"margin": margin})}
        yield {
            "note": f"shape {shape}, {options}",
            "arguments": {name: torch.randn(shape, dtype=dtype) for name in differentiable},
            "options": options,
        }
    for swap in (False, True):
        yield {
            "note": f"equal vectors, swap {swap}",
            "arguments": {name: torch.ones(2, 3, dtype=dtype) for name in differentiable},
            "options": {"swap": swap},
        }
