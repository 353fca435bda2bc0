"""Cases of l1Loss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

function = F.l1_loss

SHAPES = [(), (3,), (2, 2), (2, 1, 3), (4, 1), (2,), (5,), (3, 2), (1, 3)]
REDUCTIONS = ("mean", "sum", "none")
differentiable = ["input", "target"]


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
    return torch.randn(shape)


def draw_target(shape):
    return torch.randn(shape)


def cases(dtype):
    yield from pairs(dtype)
    yield from edges(dtype, {"-inf": -math.inf, "inf": math.inf, "nan": math.nan, "equal": 1, "large": 1e4}, [1, 0.25])
    for shape, reduction in product(SHAPES[1:], REDUCTIONS):
        weight = torch.rand(shape, dtype=dtype) + 0.1
        yield call(f"weight, {reduction}", dtype, draw(shape), draw_target(shape), reduction=reduction, weight=weight)
