"""Cases of asymmetricLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

def function(input, target, gamma_pos=1, gamma_neg=4, clip=0.05, reduction="mean"):
    """The paper's formula."""
    input, target = torch.broadcast_tensors(input, target)
    p = torch.sigmoid(input)
    shifted = (p - clip).clamp(min=0)
    present = -((1 - p) ** gamma_pos) * F.logsigmoid(input)
    absent = -(shifted**gamma_neg) * torch.log1p(-shifted)
    losses = target * present + (1 - target) * absent
    return losses if reduction == "none" else getattr(losses, reduction)()

SHAPES = [(), (3,), (2, 2)]
REDUCTIONS = ("mean", "sum", "none")


def call(note, dtype, input, target, **options):
    arguments = {"input": torch.as_tensor(input, dtype=dtype), "target": torch.as_tensor(target, dtype=dtype)}
    return {"note": note, "arguments": arguments, "options": options}


def pairs(dtype, **values):
    """Calls with every combination of option values, at every shape, and with arguments that repeat."""
    for shape, reduction, *chosen in product(SHAPES, REDUCTIONS, *values.values()):
        options = {"reduction": reduction, **{k: v for k, v in zip(values, chosen, strict=True) if v is not None}}
        note = ", ".join(f"{key} {value}" for key, value in options.items())
        yield call(note, dtype, draw(shape), draw_target(shape), **options)
        # Sums of gradients cancel: float32 has too few digits left for a comparison.
        if shape and dtype == torch.float64:
            yield call(f"a target that repeats, {note}", dtype, draw(shape), draw_target(shape[-1:]), **options)
            yield call(f"an input that repeats, {note}", dtype, draw((*shape[:-1], 1)), draw_target(shape), **options)


def edges(dtype, rows, target):
    for reduction in REDUCTIONS:
        for name, value in rows.items():
            yield call(f"edge: {name}, {reduction}", dtype, [value, 0.5], target, reduction=reduction)
        yield call(f"edge: no elements, {reduction}", dtype, torch.zeros(0, 3), torch.zeros(0, 3), reduction=reduction)


def draw(shape):
    return 2 * torch.randn(shape)


def draw_target(shape):
    return torch.randint(0, 2, shape)


def cases(dtype):
    yield from pairs(dtype, clip=(None, 0, 0.3), gammaNeg=(None, 0, 1), gammaPos=(None, 0))
    yield from edges(dtype, {"nan": math.nan, "zero": 0, "large": 20}, [1, 0])
