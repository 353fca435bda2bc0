"""Cases of multilabelSoftMarginLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

function = F.multilabel_soft_margin_loss
differentiable = ["input", "target"]

REDUCTIONS = ("mean", "sum", "none")


def call(note, dtype, arguments, **options):
    arguments = {name: x if x.dtype == torch.int64 else x.to(dtype) for name, x in arguments.items()}
    return {"note": note, "arguments": arguments, "options": options}


def cases(dtype):
    for shape, reduction, weighted in product([(3,), (2, 4), (2, 3, 2), (5, 1), (1, 6)], REDUCTIONS, (False, True)):
        options = {"reduction": reduction}
        if weighted:
            options["weight"] = torch.rand(shape[-1], dtype=dtype)
        for soft in (False, True):
            target = torch.rand(shape) if soft else torch.randint(0, 2, shape).double()
            note = f"soft {soft}, weight {weighted}, {reduction}"
            yield call(note, dtype, {"input": 3 * torch.randn(shape), "target": target}, **options)
    for reduction in REDUCTIONS:
        for name, value in {"nan": math.nan, "large": 1e3, "small": -1e3}.items():
            arguments = {"input": torch.tensor([[value, 0.5]]), "target": torch.tensor([[1.0, 0]])}
            yield call(f"edge: {name}, {reduction}", dtype, arguments, reduction=reduction)
        empty = torch.zeros(0, 3)
        yield call(f"edge: no rows, {reduction}", dtype, {"input": empty, "target": empty.clone()}, reduction=reduction)
