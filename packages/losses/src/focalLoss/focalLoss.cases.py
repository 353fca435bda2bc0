"""Cases of focalLoss; test/makeFixtures.py answers them."""

from itertools import product

import mpmath
import numpy as np
import torch

SHAPES = [(2, 3), (1, 2, 2)]
OPTION, VALUES = "gamma", (None, 0, 0.5, 3)
REDUCTIONS = ("mean", "sum", "none")


def function(input, target, gamma=2, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean"):
    """The formula of the paper, for each class, times the coefficients of crossEntropy."""
    axis = min(input.dim() - 1, 1)
    x = input.movedim(axis, -1)
    log_p = x.log_softmax(-1)
    classes, losses = x.shape[-1], (lambda p, c: (1 - p) ** gamma * c)(log_p.exp(), -log_p)
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


def exact(arguments, options, upstream, axis):
    """Returns the value and the gradient, where float64 loses digits: 1 − p of sure rows cancels."""
    gamma = mpmath.mpf(options.get(OPTION, 2))
    x, target = np.moveaxis(arguments["input"], axis, -1), arguments["target"]
    classes = x.shape[-1]
    exps = np.vectorize(mpmath.exp, otypes=[object])(x)
    p = exps / exps.sum(-1, keepdims=True)
    c = np.vectorize(lambda p: -mpmath.log(p), otypes=[object])(p)
    weight = options.get("weight", np.ones(classes, dtype=int))
    if target.shape == arguments["input"].shape:
        shares, divisor = np.moveaxis(target, axis, -1), x.size // classes
        counted = np.ones(x.shape[:-1], dtype=int)
    else:
        counted = (target != -100).astype(int)
        shares = np.eye(classes, dtype=int)[target.clip(0)]
        divisor = (shares * weight * counted[..., None]).sum()
    smoothing = mpmath.mpf(options.get("labelSmoothing", 0))
    coefficients = ((1 - smoothing) * shares + smoothing / classes) * weight * counted[..., None]
    losses = (coefficients * ((1 - p) ** gamma * c)).sum(-1)
    slopes = coefficients * ((1 - p) ** gamma + gamma * (1 - p) ** (gamma - 1) * p * c)
    grads = p * slopes.sum(-1, keepdims=True) - slopes
    if options["reduction"] == "none":
        return losses, np.moveaxis(grads * np.asarray(upstream)[..., None], -1, axis)
    divisor = divisor if options["reduction"] == "mean" else 1
    return losses.sum() / divisor, np.moveaxis(grads * upstream / divisor, -1, axis)


def cases(dtype):
    """Every combination of options on random numbers."""
    for shape, value, reduction, kind in product(SHAPES, VALUES, REDUCTIONS, ("indices", "probabilities")):
        axis = min(len(shape) - 1, 1)
        if (kind, reduction) == ("probabilities", "sum"):
            continue
        for weighted, smoothing in product((False, True), (None, 0.3)):
            options = {"reduction": reduction}
            if value is not None:
                options[OPTION] = value
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
