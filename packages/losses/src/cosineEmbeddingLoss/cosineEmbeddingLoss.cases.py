"""Cases of cosineEmbeddingLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import mpmath
import numpy as np
import torch
import torch.nn.functional as F

function = F.cosine_embedding_loss
differentiable = ["input1", "input2"]

REDUCTIONS = ("mean", "sum", "none")
EPSILON = mpmath.mpf(float(np.float32(1e-12)))


def exact(arguments, options, upstream, axis):
    """Returns the value and the gradients with many digits: 1 − cosine of equal vectors cancels."""
    x, y, target = (np.asarray(arguments[name]) for name in ("input1", "input2", "target"))
    dot = lambda a, b: np.asarray((a * b).sum(-1), dtype=object)
    square_x, square_y = dot(x, x) + EPSILON, dot(y, y) + EPSILON
    lengths = (square_x * square_y) ** mpmath.mpf("0.5")
    cosine = dot(x, y) / lengths
    excess = cosine - mpmath.mpf(options.get("margin", 0))
    losses = np.where(target == 1, 1 - cosine, np.where(excess > 0, excess, 0))
    slopes = np.where(target == 1, -1, np.where(excess >= 0, 1, 0))
    reduction = options["reduction"]
    divisor = losses.size if reduction == "mean" else 1
    factors = np.asarray(slopes * upstream / divisor if losses.size else slopes, dtype=object)
    column = lambda numbers: np.asarray(numbers, dtype=object)[..., None]
    grads = [
        column(factors) * (b / column(lengths) - column(cosine / square) * a)
        for a, b, square in ((x, y, square_x), (y, x, square_y))
    ]
    if reduction == "none":
        return losses, *grads
    return (losses.sum() / divisor if losses.size else mpmath.nan), *grads


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
