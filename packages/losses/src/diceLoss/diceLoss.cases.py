"""Cases of diceLoss; test/makeFixtures.py answers them with the papers' formula, in PyTorch."""

from itertools import product

import torch

SHAPES = [(4,), (3, 4), (2, 3, 4), (2, 3, 2, 3)]


def regions(input, target, axis, activation, ignore_index, batch):
    """Returns probabilities and one-hot shares of the shape [examples, classes, positions]."""
    axis = axis % input.dim()
    p = {"softmax": lambda x: x.softmax(axis), "sigmoid": torch.sigmoid, "none": lambda x: x}[activation](input)
    classes = input.shape[axis]
    counts = torch.ones_like(target, dtype=torch.bool)
    if target.dim() < input.dim():
        counts = target != ignore_index
        target = torch.nn.functional.one_hot(target.long() * counts, classes).movedim(-1, axis)
        counts = counts.unsqueeze(axis)
    p, t = p * counts, target * counts
    examples = 1 if batch or axis == 0 else input.shape[0]
    flatten = lambda x: x.movedim(axis, -1).reshape(examples, -1, classes).movedim(1, 2)
    return flatten(p), flatten(t.to(p.dtype)), examples == 1 and (batch or axis == 0)


def reduce(losses, is_flat, reduction):
    losses = losses[0] if is_flat else losses
    return {"mean": losses.mean, "sum": losses.sum, "none": lambda: losses}[reduction]()


def function(input, target, axis=-1, activation="softmax", smooth=1e-5, squared=False, batch=False, ignore_index=-100, reduction="mean"):
    p, t, is_flat = regions(input, target, axis, activation, ignore_index, batch)
    sizes = (p**2).sum(-1) + (t**2).sum(-1) if squared else p.sum(-1) + t.sum(-1)
    return reduce(1 - (2 * (p * t).sum(-1) + smooth) / (sizes + smooth), is_flat, reduction)


def segmentations(dtype, reductions=("mean", "none")):
    """Yields inputs, targets, and the options that both losses have."""
    choices = product(SHAPES, ("softmax", "sigmoid", "none"), (False, True), (False, True), reductions)
    for shape, activation, soft, batch, reduction in choices:
        axis = min(len(shape) - 1, 1)
        input = torch.randn(shape, dtype=dtype)
        options = {"axis": axis, "activation": activation, "batch": batch, "reduction": reduction}
        if activation == "none":
            input = torch.rand(shape, dtype=dtype)
        rest = shape[:axis] + shape[axis + 1 :]
        if soft:
            target = torch.rand(shape, dtype=dtype).round(decimals=1)
        else:
            target = torch.randint(0, shape[axis], rest)
            if batch and target.dim() > 1:
                target[0, 0], options["ignoreIndex"] = 255, 255
        yield input, target, options


def cases(dtype):
    for index, (input, target, options) in enumerate(segmentations(dtype)):
        options["squared"] = index % 3 == 0
        if index % 4 > 0:
            options["smooth"] = (0, 1, 1e-3)[index % 4 - 1]
        yield {"note": f"{list(input.shape)}, {options}", "arguments": {"input": input, "target": target}, "options": options}
