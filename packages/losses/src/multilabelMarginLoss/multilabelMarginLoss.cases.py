"""Cases of multilabelMarginLoss; test/makeFixtures.py answers them."""

import math
from itertools import product

import torch
import torch.nn.functional as F

function = F.multilabel_margin_loss

REDUCTIONS = ("mean", "sum", "none")


def call(note, dtype, arguments, **options):
    arguments = {name: x if x.dtype == torch.int64 else x.to(dtype) for name, x in arguments.items()}
    return {"note": note, "arguments": arguments, "options": options}


def draw_target(rows, classes):
    """Returns different labels for each row, then −1, then anything."""
    target = torch.stack([torch.randperm(classes) for _ in range(rows)])
    ends = torch.randint(0, classes + 1, (rows,))
    for row, end in zip(target, ends, strict=True):
        if end < classes:
            row[end] = -1
    return target


def cases(dtype):
    for (rows, classes), reduction in product([(1, 3), (2, 4), (5, 2), (3, 7), (4, 1), (6, 5)], REDUCTIONS):
        for i in range(3):
            arguments = {"input": torch.randn(rows, classes), "target": draw_target(rows, classes)}
            yield call(f"random {i}, {reduction}", dtype, arguments, reduction=reduction)
    for reduction in REDUCTIONS:
        yield call(f"a vector, {reduction}", dtype, {"input": torch.randn(4), "target": draw_target(1, 4)[0]}, reduction=reduction)
