"""Cases of templateLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch

SHAPES = [(3,), (10,), (2, 4), (2, 3, 2)]
SCALES = (None, 0.5, 3, 100)
REDUCTIONS = ("mean", "sum", "none")


# TODO: PyTorch's function, for example `function = F.ctc_loss`. Options arrive in snake_case. Where PyTorch
# has no such loss, write the formula of the paper in PyTorch's operations, as here.
def function(input, target, scale=1, reduction="mean"):
    a, b = input - input.mean(), target - target.mean()
    return scale * (1 - (a * b).sum() / ((a * a).sum() * (b * b).sum()).sqrt())


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
    # TODO: the edges of this loss: infinities, limits of an option, batches of nothing.
    for name, value in {"inf": math.inf, "nan": math.nan, "large": 100}.items():
        input, target = torch.tensor([value, 0.5, 2], dtype=dtype), torch.tensor([1, 0.25, 0], dtype=dtype)
        yield {"note": f"edge: {name}", "arguments": {"input": input, "target": target}, "options": {}}
