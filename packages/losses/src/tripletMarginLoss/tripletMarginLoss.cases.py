"""Cases of tripletMarginLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

function = F.triplet_margin_loss
differentiable = ["anchor", "positive", "negative"]

REDUCTIONS = ("mean", "sum", "none")


def call(note, dtype, arguments, **options):
    arguments = {name: x if x.dtype == torch.int64 else x.to(dtype) for name, x in arguments.items()}
    return {"note": note, "arguments": arguments, "options": options}


def cases(dtype):
    shapes = [(3,), (2, 4), (5, 2), (2, 1, 3)]
    for shape, reduction, p, swap in product(shapes, REDUCTIONS, (None, 1, 3, 0.5), (False, True)):
        options = {"reduction": reduction, "swap": swap, **({} if p is None else {"p": p})}
        arguments = {name: torch.randn(shape) for name in ("anchor", "positive", "negative")}
        # Two slopes cancel: float32 has too few digits left for a comparison.
        if p in (3, 0.5) and dtype == torch.float32:
            continue
        yield call(f"p {p}, swap {swap}, {reduction}", dtype, arguments, **options)
    for reduction, margin, eps, p in product(REDUCTIONS, (0.3, 4), (1e-3, 0.1), (2, math.inf)):
        arguments = {name: torch.randn(3, 4) for name in ("anchor", "positive", "negative")}
        note = f"margin {margin}, eps {eps}, p {p}, {reduction}"
        if p == 2:
            yield call(note, dtype, arguments, reduction=reduction, margin=margin, eps=eps)
    for reduction in REDUCTIONS:
        point = torch.tensor([[1.0, 2]])
        arguments = {"anchor": point, "positive": point.clone(), "negative": point + 0.5}
        yield call(f"edge: a distance of 0, {reduction}", dtype, arguments, reduction=reduction, margin=2)
        arguments = {"anchor": torch.tensor([[math.nan, 2]]), "positive": point.clone(), "negative": point + 0.5}
        yield call(f"edge: nan, {reduction}", dtype, arguments, reduction=reduction)
