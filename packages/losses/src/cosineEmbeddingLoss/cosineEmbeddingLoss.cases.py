"""Cases of cosineEmbeddingLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

function = F.cosine_embedding_loss
differentiable = ["input1", "input2"]

REDUCTIONS = ("mean", "sum", "none")


def call(note, dtype, arguments, **options):
    arguments = {name: x if x.dtype == torch.int64 else x.to(dtype) for name, x in arguments.items()}
    return {"note": note, "arguments": arguments, "options": options}


def cases(dtype):
    for shape, reduction, margin in product([(3,), (2, 4), (5, 2), (1, 6), (7, 3)], REDUCTIONS, (None, 0.25, -0.5)):
        options = {"reduction": reduction, **({} if margin is None else {"margin": margin})}
        target = torch.randint(0, 2, shape[:-1]) * 2 - 1
        arguments = {"input1": torch.randn(shape), "input2": torch.randn(shape), "target": target}
        yield call(f"margin {margin}, {reduction}", dtype, arguments, **options)
    for reduction in REDUCTIONS:
        for name, row in {"zeros": [0.0, 0.0], "nan": [math.nan, 1.0], "equal": [0.5, 1.0]}.items():
            arguments = {"input1": torch.tensor([row, [1, 2]]), "input2": torch.tensor([[0.5, 1], [-2, 1]]), "target": torch.tensor([1, -1])}
            yield call(f"edge: {name}, {reduction}", dtype, arguments, reduction=reduction)
        empty = torch.zeros(0, 3)
        yield call(f"edge: no rows, {reduction}", dtype, {"input1": empty, "input2": empty.clone(), "target": torch.zeros(0)}, reduction=reduction)
