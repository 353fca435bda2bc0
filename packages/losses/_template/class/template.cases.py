"""Cases of templateLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch

SHAPES = [(3,), (2, 3), (1, 2, 2)]
SCALES = (None, 0.5)
REDUCTIONS = ("mean", "sum", "none")


# TODO: PyTorch's function, for example `function = F.multi_margin_loss`. Options arrive in snake_case. Where
# PyTorch has no such loss, write the formula of the paper in PyTorch's operations, as here.
def function(input, target, scale=1, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"):
    axis = min(input.dim() - 1, 1)
    x = input.movedim(axis, -1)
    classes, losses = x.shape[-1], scale * (1 - x.softmax(-1))
    weight = torch.ones(classes, dtype=x.dtype) if weight is None else torch.as_tensor(weight)
    if target.is_floating_point():
        shares, counted = target.movedim(axis, -1), torch.ones(x.shape[:-1], dtype=x.dtype)
        divisor = counted.sum()
    else:
        counted = (target != ignore_index).to(x.dtype)
        shares = torch.nn.functional.one_hot(target.clamp(0, classes - 1), classes).to(x.dtype)
        divisor = (shares @ weight * counted).sum()
    shares = (1 - label_smoothing) * shares + label_smoothing / classes
    losses = (shares * weight * losses).sum(-1) * counted
    return {"mean": losses.sum() / divisor, "sum": losses.sum(), "none": losses}[reduction]


# TODO: `def exact(arguments, options, upstream, axis)` with mpmath, where float64 loses digits.


def cases(dtype):
    """Every combination of options on random numbers. At least fifty cases for each dtype."""
    for shape, scale, reduction, kind in product(SHAPES, SCALES, REDUCTIONS, ("indices", "probabilities")):
        axis = min(len(shape) - 1, 1)
        for weighted, smoothing in product((False, True), (None, 0.3)):
            options = {"reduction": reduction}
            if scale is not None:
                options["scale"] = scale
            if smoothing is not None:
                options["labelSmoothing"] = smoothing
            if weighted:
                options["weight"] = torch.rand(shape[axis], dtype=dtype) + 0.1
            if kind == "probabilities":
                target = torch.randn(shape, dtype=dtype).softmax(axis)
            else:
                target = torch.randint(0, shape[axis], shape[:axis] + shape[axis + 1 :])
                if target.dim():
                    target.view(-1)[0] = -100
            yield {
                "note": ", ".join([kind, *(key if key == "weight" else f"{key} {options[key]}" for key in options)]),
                "arguments": {"input": torch.randn(shape, dtype=dtype) * 3, "target": target},
                "options": options,
                "axis": axis,
            }
    yield from edges(dtype)


def edges(dtype):
    """Logits far apart, masked or NaN, and no rows at all."""
    # TODO: the edges of this loss: limits of an option, rows where digits cancel.
    middle = {"gap 60": 60, "gap 800": 800, "gap 10000": 1e4, "masked": -math.inf, "nan": math.nan}
    for reduction in REDUCTIONS:
        for name, value in middle.items():
            # The last row has numbers of usual size: errors are relative to those.
            rows = [[0.5, value, -1]] * 3 + [[1, 0.5, 0]]
            yield {
                "note": f"edge: {name}, {reduction}",
                "arguments": {"input": torch.tensor(rows, dtype=dtype), "target": torch.tensor([0, 1, 2, 1])},
                "options": {"reduction": reduction},
                "axis": 1,
            }
        yield {
            "note": f"edge: no rows, {reduction}",
            "arguments": {"input": torch.zeros(0, 3, dtype=dtype), "target": torch.zeros(0, dtype=torch.long)},
            "options": {"reduction": reduction},
            "axis": 1,
        }
