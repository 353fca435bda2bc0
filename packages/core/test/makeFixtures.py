"""Makes torch.json.gz, what softmax, logSoftmax, logSumExp and the elementwise functions must answer.

Run `python3 makeFixtures.py` where torch 2.13 (CPU), numpy and mpmath are installed.

PyTorch decides the meaning: shapes, axes, what infinities, NaN and empty axes give, and that a
gradient is this one. Its digits are no reference (it answers 0 where one class dominates), so
every finite number is computed again with 500 digits, compared with PyTorch's, and that one is
stored, rounded to float64. The float32 cases hold float32 inputs and the same exact answers, not
rounded to float32: round before you compare.

A case is { op, dtype, note, input, value } and
  of softmax, log_softmax, logsumexp: axis (a number, or several), keepDims, upstream, grad;
  of logaddexp: other.
A tensor is { shape, data }, flat and row-major; "nan", "inf" and "-inf" stand for themselves.
"""

import gzip
import json
import math
from itertools import product
from pathlib import Path

import mpmath
import numpy as np
import torch
import torch.nn.functional as F

INF, NAN = math.inf, math.nan
mpmath.mp.dps = 500
exp = np.frompyfunc(mpmath.exp, 1, 1)
log = np.frompyfunc(mpmath.log, 1, 1)
log1p_exp = np.frompyfunc(lambda x: mpmath.log(1 + mpmath.exp(x)), 1, 1)

ALONG_AXIS = {"softmax": torch.softmax, "log_softmax": torch.log_softmax, "logsumexp": torch.logsumexp}

# name: (PyTorch's function, the same with 500 digits)
ELEMENTWISE = {
    "sigmoid": (torch.sigmoid, lambda x: 1 / (1 + exp(-x))),
    "logsigmoid": (F.logsigmoid, lambda x: -log1p_exp(-x)),
    "softplus": (F.softplus, log1p_exp),
    "logaddexp": (torch.logaddexp, lambda x, y: log(exp(x) + exp(y))),
}


def encode(tensor):
    text = lambda x: x if math.isfinite(x) else "nan" if x != x else "inf" if x > 0 else "-inf"
    return {"shape": list(tensor.shape), "data": [text(x) for x in tensor.flatten().tolist()]}


def exact(tensor):
    """The tensor's numbers with 500 digits; a scalar becomes a vector of one."""
    numbers = [mpmath.mpf(x) for x in tensor.detach().flatten().tolist()]
    return np.array(numbers, dtype=object).reshape(tensor.shape or (1,))


def settle(ours, theirs, largest=0):
    """The exact numbers in place of PyTorch's where both are finite; they must agree as far as float64 goes.

    It does not go far enough where the inputs are huge: PyTorch says that logsumexp has the gradient 1, 1 at 1e308, 1e308.
    """
    settled = []
    for mine, torchs in zip(np.asarray(ours).flatten(), theirs.flatten().tolist(), strict=True):
        if math.isfinite(torchs) and mpmath.isfinite(mine):
            agree = abs(mine - torchs) <= 1e-9 * max(1, abs(mine))
            assert agree or largest > 1e15, (float(mine), torchs)
            settled.append(float(mine))
        else:
            settled.append(torchs)
    return torch.tensor(settled, dtype=torch.float64).reshape(theirs.shape)


def exact_along_axis(op, x, axis, upstream):
    """Value and vector-Jacobian product of one of the three."""
    total = log(np.sum(exp(x), axis, keepdims=True))
    p = exp(x - total)
    if op == "logsumexp":
        return total, upstream.reshape(total.shape) * p
    if op == "log_softmax":
        return x - total, upstream - p * np.sum(upstream, axis, keepdims=True)
    return p, p * (upstream - np.sum(upstream * p, axis, keepdims=True))


def along_axis(op, x, axis, note, keep_dims=False):
    options = {"keepdim": keep_dims} if op == "logsumexp" else {}
    leaf = x.double().requires_grad_()
    value = ALONG_AXIS[op](leaf, axis, **options)
    upstream = torch.randn(value.shape, dtype=x.dtype)
    (grad,) = torch.autograd.grad(value, leaf, upstream.double())
    largest = max((abs(v) for v in x.flatten().tolist() if math.isfinite(v)), default=0)
    exact_value, exact_grad = exact_along_axis(op, exact(x), axis, exact(upstream))
    return {
        "op": op,
        "dtype": str(x.dtype).removeprefix("torch."),
        "axis": axis,
        "keepDims": keep_dims,
        "note": note,
        "input": encode(x),
        "upstream": encode(upstream),
        "value": encode(settle(exact_value, value, largest)),
        "grad": encode(settle(exact_grad, grad, largest)),
    }


def elementwise(op, x, *other):
    theirs, ours = ELEMENTWISE[op]
    value = theirs(x.double(), *(y.double() for y in other))
    return {
        "op": op,
        "dtype": str(x.dtype).removeprefix("torch."),
        "note": "grid",
        "input": encode(x),
        **{"other": encode(y) for y in other},
        "value": encode(settle(ours(exact(x), *map(exact, other)), value)),
    }


SHAPES = [(), (5,), (0,), (3, 4), (0, 3), (3, 0), (2, 1, 3), (2, 3, 2), (2, 2, 3, 2)]
REGIMES = [(1, 0), (30, 0), (1000, 0), (1, 1e4), (30, -1e4), (1, 1e6)]  # scale, offset


def shaped(dtype):
    for shape in SHAPES:
        rank = max(len(shape), 1)
        for axis, (scale, offset) in product(range(rank), REGIMES if 0 not in shape and shape else REGIMES[:1]):
            x = torch.randn(shape, dtype=dtype) * scale + offset
            note = f"scale {scale}, offset {offset:g}"
            for op in ALONG_AXIS:
                yield along_axis(op, x, axis, note)
                if scale == 1 and offset == 0:
                    yield along_axis(op, x, axis - rank, f"{note}, negative axis")
            if scale == 30:
                yield along_axis("logsumexp", x, axis, f"{note}, keepDims", keep_dims=True)
    for shape in [(3, 4), (2, 0), (2, 3, 2), (2, 2, 3, 2)]:
        for axes, keep_dims in product([(0, 1), (-1, 0)], (False, True)):
            x = torch.randn(shape, dtype=dtype) * 5
            yield along_axis("logsumexp", x, axes, "several axes", keep_dims)


def edges(dtype):
    big = 1e308 if dtype == torch.float64 else 3e38
    rows = {
        "all −inf": [-INF, -INF],
        "+inf": [INF, 1],
        "two +inf": [INF, INF, 1],
        "+inf and −inf": [INF, -INF],
        "nan": [NAN, 1],
        "−inf and nan": [-INF, NAN],
        "+inf and nan": [INF, NAN],
        "−inf among finite": [-INF, 2, 1],
        "opposite ends of the range": [big, -big],
        "both at the top of the range": [big, big],
        "one class": [7],
        "one class, −inf": [-INF],
        "one class, +inf": [INF],
        "ties": [2, 2, 2],
        "ties at the top": [3, 5, 5, -1],
        "two classes, underflow": [0, -90],
        "two classes, subnormal": [0, -740],
        **{f"one dominates by {gap}": [0.25, -0.5, gap, 0] for gap in (12, 20, 100)},
        **{f"one dominates by {gap}, offset": [1000.25, 999.5, 1000 + gap, 1000] for gap in (12, 20, 100)},
        "the sum of exponentials is nearly 1": [-0.6875, -0.703125],
    }
    for (note, row), op in product(rows.items(), ALONG_AXIS):
        yield along_axis(op, torch.tensor(row, dtype=dtype), 0, f"edge: {note}")
    for op in ALONG_AXIS:
        batch = torch.tensor([[-INF, -INF, -INF], [1, NAN, 2], [INF, 0, 0], [1, 2, 3]], dtype=dtype)
        yield along_axis(op, batch, -1, "edge: each row by itself")


def grids(dtype):
    tiny = [5e-324, 1e-300] if dtype == torch.float64 else [1.5e-45, 1e-38]
    large = [1e4, 1e308] if dtype == torch.float64 else [1e4, 3e38]
    steps = [1e-9, 1e-3, 0.25, 0.5, 1, 2.5, 5, 10, 16, 17, 19, 20, 21, 36, 37, 50, 88, 90, 104, 709, 745, 1000]
    positive = [0.0, *tiny, *steps, *large, INF]
    grid = torch.tensor([*positive, *(-x for x in positive), NAN], dtype=dtype)
    for op in ("sigmoid", "logsigmoid", "softplus"):
        yield elementwise(op, grid)
    few = [0.0, tiny[0], 0.5, 0.6875, 1, 12, 20, 100, 745, large[1], INF]
    few = torch.tensor([*few, *(-x for x in few), NAN], dtype=dtype)
    yield elementwise("logaddexp", *(x.flatten() for x in torch.meshgrid(few, few, indexing="ij")))


def main():
    torch.manual_seed(1)
    cases = [case for dtype in (torch.float64, torch.float32) for kind in (shaped, edges, grids) for case in kind(dtype)]
    packed = gzip.compress(json.dumps(cases, separators=(",", ":"), allow_nan=False).encode(), 9, mtime=0)
    Path(__file__).with_name("torch.json.gz").write_bytes(packed)
    print(f"{len(cases)} cases, {len(packed)} bytes")


if __name__ == "__main__":
    main()
