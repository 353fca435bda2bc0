"""Cases of templateLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

SHAPES = [(), (3,), (2, 2)]
SCALES = (None, 0.5, 3, 100)
REDUCTIONS = ("mean", "sum", "none")


# TODO: PyTorch's function, for example `function = F.mse_loss`. Options arrive in snake_case. Where
# PyTorch has no such loss, write the formula of the paper in PyTorch's operations, as here.
def function(input, target, scale=1, reduction="mean"):
    return scale * F.mse_loss(*torch.broadcast_tensors(input, target), reduction=reduction)


# TODO: PyTorch's arguments that have a gradient, if there are more than the first.
differentiable = ["input", "target"]


# TODO: `def exact(arguments, options, upstream, axis)` with mpmath, where float64 loses digits.


def cases(dtype):
    """Every combination of options on random numbers. At least fifty cases for each dtype."""
    for shape, scale, reduction in product(SHAPES, SCALES, REDUCTIONS):
        options = {"reduction": reduction, **({} if scale is None else {"scale": scale})}
        yield {
            "note": ", ".join(f"{key} {value}" for key, value in options.items()),
            "arguments": {"input": torch.randn(shape, dtype=dtype), "target": torch.randn(shape, dtype=dtype)},
            "options": options,
        }
        if shape:
            yield {
                "note": ", ".join(["a target that repeats", *(f"{key} {value}" for key, value in options.items())]),
                "arguments": {"input": torch.randn(shape, dtype=dtype), "target": torch.randn(shape[-1], dtype=dtype)},
                "options": options,
            }
    yield from edges(dtype)


def edges(dtype):
    """Infinities, NaN, and nothing at all."""
    # TODO: the edges of this loss: kinks, limits of an option, arguments far apart.
    values = {"-inf": -math.inf, "inf": math.inf, "nan": math.nan, "equal": 1, "large": 1e4}
    for reduction in REDUCTIONS:
        for name, value in values.items():
            input, target = torch.tensor([value, 0.5], dtype=dtype), torch.tensor([1, 0.25], dtype=dtype)
            yield {
                "note": f"edge: {name}, {reduction}",
                "arguments": {"input": input, "target": target},
                "options": {"reduction": reduction},
            }
        yield {
            "note": f"edge: no elements, {reduction}",
            "arguments": {"input": torch.zeros(0, 3, dtype=dtype), "target": torch.zeros(0, 3, dtype=dtype)},
            "options": {"reduction": reduction},
        }
