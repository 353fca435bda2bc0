"""Cases of losses that are functions of the cross-entropy, with class weights, smoothing and probabilities."""

from itertools import product

import mpmath
import numpy as np
import torch

SHAPES = [(2, 3), (1, 2, 2)]
REDUCTIONS = ("mean", "sum", "none")


def make_function(loss, option, default):
    """Returns PyTorch's form of a loss.

    loss(p, c, value) is the loss of a class of probability p and cross-entropy c, given the value of `option`.
    """

    def function(input, target, weight=None, ignore_index=-100, label_smoothing=0.0, reduction="mean", **own):
        axis = min(input.dim() - 1, 1)
        x = input.movedim(axis, -1)
        log_p = x.log_softmax(-1)
        classes, losses = x.shape[-1], loss(log_p.exp(), -log_p, own.get(option, default))
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

    return function


def make_exact(loss, slope, option, default):
    """Returns the value and the gradient with many digits: in float64, 1 − p of sure rows cancels.

    slope(p, c, value) is the derivative of the loss by the cross-entropy.
    """

    def exact(arguments, options, upstream, axis):
        own = mpmath.mpf(options.get(option, default))
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
        losses = (coefficients * loss(p, c, own)).sum(-1)
        slopes = coefficients * slope(p, c, own)
        grads = p * slopes.sum(-1, keepdims=True) - slopes
        if options["reduction"] == "none":
            return losses, np.moveaxis(grads * np.asarray(upstream)[..., None], -1, axis)
        divisor = divisor if options["reduction"] == "mean" else 1
        return losses.sum() / divisor, np.moveaxis(grads * upstream / divisor, -1, axis)

    return exact


def combinations(dtype, option, values, smoothing, left_out=()):
    """Calls with every combination of options on random numbers.

    left_out holds pairs of a target's kind and a reduction.
    """
    for shape, value, reduction, kind in product(SHAPES, values, REDUCTIONS, ("indices", "probabilities")):
        axis = min(len(shape) - 1, 1)
        if (kind, reduction) in left_out:
            continue
        for weighted, epsilon in product((False, True), (None, smoothing)):
            options = {"reduction": reduction}
            if value is not None:
                options[option] = value
            if epsilon is not None:
                options["labelSmoothing"] = epsilon
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
