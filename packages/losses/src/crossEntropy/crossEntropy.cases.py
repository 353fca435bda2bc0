"""Cases of cross-entropy; test/makeFixtures.py computes their expected numbers."""

import math
from itertools import product

import mpmath
import numpy as np
import torch
import torch.nn.functional as F

function = F.cross_entropy

INF, NAN = math.inf, math.nan
SHAPES = [(5,), (4, 3), (2, 3, 2), (2, 3, 2, 2)]
REDUCTIONS = ("mean", "sum", "none")
# ignore_index: none, the default, a negative number, a number above the classes, a class.
IGNORE_INDICES = (None, -100, -7, 255, 1)

exp = np.frompyfunc(mpmath.exp, 1, 1)
log = np.frompyfunc(mpmath.log, 1, 1)


def exact(arguments, options, upstream, axis):
    """Computes −Σ cⱼ log pⱼ, where c combines the target, the weights and label smoothing."""
    x = np.moveaxis(arguments["input"], axis, -1)
    target, classes = arguments["target"], x.shape[-1]
    weight, smoothing = options.get("weight", 1), options.get("labelSmoothing", 0.0)
    log_p = x - log(np.sum(exp(x), -1, keepdims=True))
    if target.dtype == object:
        shares, counted = np.moveaxis(target, axis, -1), np.ones(x.shape[:-1] + (1,))
        total = counted.sum()
    else:
        shares = (np.arange(classes) == target[..., None]).astype(float)
        counted = (target != options.get("ignoreIndex", -100))[..., None]
        total = np.sum(shares * weight * counted)
    c = ((1 - mpmath.mpf(smoothing)) * shares + mpmath.mpf(smoothing) / classes) * weight * counted
    value, scale = -np.sum(c * log_p, -1), upstream[..., None]
    if options.get("reduction", "mean") != "none":
        divisor = 1 if options.get("reduction") == "sum" else total or mpmath.nan
        value, scale = np.sum(value) / divisor, upstream / divisor
    grad = scale * (np.sum(c, -1, keepdims=True) * exp(log_p) - c)
    return value, np.moveaxis(grad, -1, axis)


def cases(dtype):
    for shape, weighted, smoothing, reduction in product(SHAPES, (False, True), (None, 0.3), REDUCTIONS):
        axis = min(len(shape) - 1, 1)
        for ignore_index in (*IGNORE_INDICES, "probabilities"):
            options = {"reduction": reduction}
            if weighted:
                options["weight"] = torch.rand(shape[axis], dtype=dtype) + 0.1
            if smoothing is not None:
                options["labelSmoothing"] = smoothing
            if ignore_index in (-7, 255, 1):
                options["ignoreIndex"] = ignore_index
            if ignore_index == "probabilities":
                target = torch.randn(shape, dtype=dtype).softmax(axis)
            else:
                target = torch.randint(0, shape[axis], shape[:axis] + shape[axis + 1 :])
                if target.dim() and ignore_index is not None:
                    target.view(-1)[:2] = torch.tensor([ignore_index, 0])
            kind = "probabilities" if ignore_index == "probabilities" else "indices"
            named = [f"{key} {options[key]}" if key != "weight" else key for key in options]
            yield {
                "note": ", ".join([kind, *named]),
                "arguments": {"input": torch.randn(shape, dtype=dtype) * 3, "target": target},
                "options": options,
                "axis": axis,
            }
    yield from edges(dtype)


def edges(dtype):
    def edge(note, rows, target, **options):
        rows, target = torch.as_tensor(rows, dtype=dtype), torch.as_tensor(target)
        if target.is_floating_point():
            target = target.to(dtype)
        if "weight" in options:
            options["weight"] = torch.tensor(options["weight"], dtype=dtype)
        arguments = {"input": rows, "target": target}
        return {"note": f"edge: {note}", "arguments": arguments, "options": options, "axis": min(rows.dim() - 1, 1)}

    plain = [0.5, -1.25, 2]
    shares = [0.125, 0.25, 0.625]
    none = torch.zeros(0, dtype=torch.int64)
    for reduction in REDUCTIONS:
        by = {"reduction": reduction}
        for name, options in {"": {}, " with weights and smoothing": {"weight": [0.5, 1, 2], "labelSmoothing": 0.1}}.items():
            end = f"{name}, {reduction}"
            yield edge(f"one row, ignored{end}", plain, -100, **by, **options)
            yield edge(f"all ignored{end}", [plain, plain], [-100, -100], **by, **options)
            yield edge(f"all ignored, inside the classes{end}", [plain, plain], [1, 1], **by, **options, ignoreIndex=1)
            yield edge(f"empty batch{end}", torch.zeros(0, 3), none, **by, **options)
            yield edge(f"empty batch of probabilities{end}", torch.zeros(0, 3), torch.zeros(0, 3), **by, **options)
            yield edge(f"no positions{end}", torch.zeros(2, 3, 0), torch.zeros(2, 0, dtype=torch.int64), **by, **options)
        nothing = ", 0 / 0" if reduction == "mean" else ""
        weight = [0, 0.5, 2]
        yield edge(f"a class of weight 0, {reduction}", [plain, plain], [0, 2], **by, weight=weight)
        yield edge(f"only classes of weight 0, {reduction}{nothing}", [plain, plain], [0, 0], **by, weight=weight)
        yield edge(f"only classes of weight 0, smoothing, {reduction}{nothing}", [plain, plain], [0, 0], **by, weight=weight, labelSmoothing=0.1)
        yield edge(f"each row by itself, {reduction}", [[NAN, 1, 2], [-INF, -INF, -INF], plain], [1, 1, 1], **by)

    rows = {
        "−inf among finite": [-INF, 2, 1],
        "+inf among finite": [INF, 2, 1],
        "nan": [NAN, 2, 1],
        "−inf and nan": [-INF, NAN, 1],
        "+inf and −inf": [INF, -INF, 1],
        "all −inf": [-INF, -INF, -INF],
        "all but one −inf": [-INF, 7, -INF],
        "ties": [2, 2, 2],
        "far apart": [1e4, -1e4, 0],
        "offset 1e6": [1e6, 1e6 + 2, 1e6 - 3],
        "ties at 1e30": [1e30, 1e30, -1e30],
        **{f"dominated by {gap}": [gap, 0.25, 0] for gap in (12, 20, 100)},
        **{f"dominated by {gap}, offset": [gap - 1000, -999.75, -1000] for gap in (12, 20, 100)},
    }
    for note, row in rows.items():
        # PyTorch multiplies even by a weight or probability of 0: 0 · ∞ (or NaN) makes its loss NaN.
        losses = torch.tensor(row, dtype=torch.float64).log_softmax(0).neg().tolist()
        there = ", 0 · ∞" if INF in losses[1:] else ""
        beside = ", 0 · ∞" if INF in losses[::2] else ""
        weightless = "" if math.isfinite(losses[0]) else ", 0 · ∞"
        yield edge(f"{note}, target there", [row], [0])
        yield edge(f"{note}, target beside", [row], [1])
        yield edge(f"{note}, smoothing", [row], [1], labelSmoothing=0.1)
        yield edge(f"{note}, probabilities", [row], [shares])
        yield edge(f"{note}, one-hot there{there}", [row], [[1.0, 0.0, 0.0]])
        yield edge(f"{note}, one-hot beside{beside}", [row], [[0.0, 1.0, 0.0]])
        yield edge(f"{note}, a class of weight 0{weightless}", [row, plain], [0, 1], weight=[0, 0.5, 2])

    for name, options in {"": {}, ", smoothing": {"labelSmoothing": 0.1}}.items():
        yield edge(f"one class{name}", [[7], [-3]], [0, 0], **options)
        yield edge(f"one class, −inf{name}", [[-INF]], [0], **options)
    yield edge("smoothing 1", [plain, plain], [0, 1], labelSmoothing=1.0)
    yield edge("smoothing 1, probabilities", [plain], [shares], labelSmoothing=1.0)
    yield edge("probabilities that do not sum to 1", [plain, plain], [[0.5, 0.25, 0.5], [2.0, 1.0, 0.25]])
    yield edge("the example: scores", [2, 1, 0], 0)
