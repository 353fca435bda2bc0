"""Cases of multiMarginLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

function = F.multi_margin_loss

REDUCTIONS = ("mean", "sum", "none")


def cases(dtype):
    for shape, reduction, p, margin in product([(4,), (3, 5), (6, 2)], REDUCTIONS, (None, 2), (None, 0.3)):
        for weighted in (False, True):
            options = {"reduction": reduction, **({} if p is None else {"p": p}), **({} if margin is None else {"margin": margin})}
            if weighted:
                options["weight"] = torch.rand(shape[-1], dtype=dtype) + 0.1
            arguments = {"input": torch.randn(shape, dtype=dtype), "target": torch.randint(0, shape[-1], shape[:-1])}
            yield {"note": f"p {p}, margin {margin}, weight {weighted}, {reduction}", "arguments": arguments, "options": options, "axis": -1}
    for reduction in REDUCTIONS:
        for name, value in {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}.items():
            arguments = {"input": torch.tensor([[0.5, value, 1], [0.2, 0.1, 3]], dtype=dtype), "target": torch.tensor([0, 1])}
            yield {"note": f"edge: {name}, {reduction}", "arguments": arguments, "options": {"reduction": reduction}, "axis": -1}
