"""Cases of sparsemaxLoss; test/makeFixtures.py answers them with the paper's formula, in PyTorch."""

from itertools import product

import torch

SHAPES = [(5,), (4, 3), (2, 6, 2)]
REDUCTIONS = ("mean", "sum", "none")


def threshold(x):
    """The paper's algorithm 1, along the last axis."""
    ordered = x.sort(-1, descending=True).values
    sums = ordered.cumsum(-1)
    k = torch.arange(1, x.shape[-1] + 1, dtype=x.dtype)
    size = (1 + k * ordered > sums).sum(-1, keepdim=True)
    return (sums.gather(-1, size - 1) - 1) / size


def function(input, target, reduction="mean", weight=None, ignore_index=-100, label_smoothing=0.0):
    axis = min(input.dim() - 1, 1)
    x = input.movedim(axis, -1)
    classes = x.shape[-1]
    if target.is_floating_point():
        q, ignored = target.movedim(axis, -1), torch.zeros(x.shape[:-1], dtype=torch.bool)
    else:
        ignored = target == ignore_index
        q = torch.nn.functional.one_hot(target.masked_fill(ignored, 0), classes).to(x.dtype)
    weights = torch.ones(classes, dtype=x.dtype) if weight is None else weight
    c = weights * ((1 - label_smoothing) * q + label_smoothing / classes)
    c = c.masked_fill(ignored[..., None], 0)
    total = c.sum(-1)
    distribution = c / total.masked_fill(ignored, 1)[..., None]
    tau = threshold(x)
    squares = torch.where(x > tau, x**2 - tau**2, 0).sum(-1)
    losses = total * (0.5 * squares + 0.5 * (distribution**2).sum(-1) - (distribution * x).sum(-1))
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    if target.is_floating_point():
        return losses.sum() / losses.numel()
    return losses.sum() / (weights[target.masked_fill(ignored, 0)] * ~ignored).sum()


def cases(dtype):
    choices = product(SHAPES, (False, True), (False, True), (None, 1), (0, 0.2), REDUCTIONS)
    for shape, soft, weighted, ignore_index, smoothing, reduction in choices:
        if soft and ignore_index is not None:
            continue
        axis = min(len(shape) - 1, 1)
        options = {"reduction": reduction}
        if weighted:
            options["weight"] = torch.rand(shape[axis], dtype=dtype) + 0.1
        if smoothing:
            options["labelSmoothing"] = smoothing
        if ignore_index is not None:
            options["ignoreIndex"] = ignore_index
        rest = shape[:axis] + shape[axis + 1 :]
        target = torch.rand(shape, dtype=dtype).softmax(axis) if soft else torch.randint(0, shape[axis], rest)
        if not soft and target.dim():
            target.view(-1)[:2] = torch.tensor([1, 0])
        elif not soft:
            target = torch.tensor(2)
        yield {
            "note": ", ".join(["soft" if soft else "indices", *(f"{key} {value}" for key, value in options.items() if key != "weight")]),
            "arguments": {"input": 0.4 * torch.randn(shape, dtype=dtype), "target": target},
            "options": options,
            "axis": axis,
        }
