"""Calls that the cases of losses of single elements share."""

from itertools import product

import torch

SHAPES = [(), (3,), (2, 2), (2, 1, 3), (4, 1), (2,), (5,), (3, 2), (1, 3)]
REDUCTIONS = ("mean", "sum", "none")


def call(note, dtype, input, target, **options):
    arguments = {"input": torch.as_tensor(input, dtype=dtype), "target": torch.as_tensor(target, dtype=dtype)}
    return {"note": note, "arguments": arguments, "options": options}


def pairs(dtype, draw, draw_target, shapes=SHAPES, **values):
    """Calls with every combination of option values, at every shape, and with arguments that repeat."""
    for shape, reduction, *chosen in product(shapes, REDUCTIONS, *values.values()):
        options = {"reduction": reduction, **{k: v for k, v in zip(values, chosen, strict=True) if v is not None}}
        note = ", ".join(f"{key} {value}" for key, value in options.items())
        yield call(note, dtype, draw(shape), draw_target(shape), **options)
        # Sums of gradients cancel: float32 has too few digits left for a comparison.
        if shape and dtype == torch.float64:
            yield call(f"a target that repeats, {note}", dtype, draw(shape), draw_target(shape[-1:]), **options)
            yield call(f"an input that repeats, {note}", dtype, draw((*shape[:-1], 1)), draw_target(shape), **options)


def edges(dtype, rows, target):
    """Calls with each of these numbers, by name, beside an ordinary one; and calls without elements."""
    for reduction in REDUCTIONS:
        for name, value in rows.items():
            yield call(f"edge: {name}, {reduction}", dtype, [value, 0.5], target, reduction=reduction)
        yield call(f"edge: no elements, {reduction}", dtype, torch.zeros(0, 3), torch.zeros(0, 3), reduction=reduction)


def weighted(dtype, draw, draw_target):
    """Calls with the option weight."""
    for shape, reduction in product(SHAPES[1:], REDUCTIONS):
        weight = torch.rand(shape, dtype=dtype) + 0.1
        yield call(f"weight, {reduction}", dtype, draw(shape), draw_target(shape), reduction=reduction, weight=weight)
