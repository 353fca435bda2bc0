"""Makes src/<loss>/<loss>.cases.json.gz of every loss that has a src/<loss>/<loss>.cases.py, and the
template's.

Run `python3 makeFixtures.py` where torch 2.13 (CPU), numpy and mpmath are installed; name losses
to make only theirs.

A cases module says what is special about its loss:
  function         PyTorch's function
  differentiable   the arguments to differentiate, if more than the first
  cases(dtype)     yields { note, arguments: { name: tensor }, options: { camelCase: value }, axis? }
  exact(arguments, options, upstream, axis), where float64 is not enough for the answer: value and
      gradients with 500 digits; float arguments and options are arrays of mpmath numbers

PyTorch, computing in float64, decides the meaning. Where `exact` is given and both are finite, the
two are compared and the exact number is stored, rounded to float64: PyTorch's own has few digits,
or is 0, where one class dominates. The float32 cases hold float32 inputs and the same answers,
not rounded to float32: round before you compare.

A case is { note, dtype, axis, …arguments, options, upstream, value, grad } and, with several
differentiable arguments, grads by name. `upstream` is a number where value is one, else a flat
array. A tensor is { shape, data }, flat and row-major, an argument also has its dtype; "nan",
"inf" and "-inf" stand for themselves.
"""

import gzip
import importlib.util
import json
import math
import re
import sys
from pathlib import Path

import mpmath
import numpy as np
import torch

PACKAGE = Path(__file__).resolve().parent.parent
mpmath.mp.dps = 500


def text(x):
    return x if math.isfinite(x) else "nan" if x != x else "inf" if x > 0 else "-inf"


def encode(tensor):
    return {"shape": list(tensor.shape), "data": [text(x) for x in tensor.flatten().tolist()]}


def name_of(dtype):
    return str(dtype).removeprefix("torch.")


def precise(value):
    """A float tensor's numbers with 500 digits; any other value as NumPy or Python has it."""
    if not torch.is_tensor(value):
        return value
    if not value.is_floating_point():
        return value.numpy()
    return np.array([mpmath.mpf(x) for x in value.flatten().tolist()], dtype=object).reshape(value.shape)


def widen(value):
    return value.double() if torch.is_tensor(value) and value.is_floating_point() else value


def settle(ours, theirs):
    """The exact numbers in place of PyTorch's where both are finite; they must agree as far as float64 goes."""
    settled = []
    for mine, torchs in zip(np.asarray(ours, dtype=object).flatten(), theirs.flatten().tolist(), strict=True):
        usable = math.isfinite(torchs) and mpmath.isfinite(mine)
        assert not usable or abs(mine - torchs) <= 1e-11 * max(1, abs(mine)), (float(mine), torchs)
        settled.append(float(mine) if usable else torchs)
    return torch.tensor(settled, dtype=torch.float64).reshape(theirs.shape)


def answer(loss, note, arguments, options, axis=None):
    """One case: PyTorch's value and gradients of it, made exact where the loss can."""
    wide = {name: widen(value) for name, value in arguments.items()}
    leaves = [wide[name].requires_grad_() for name in getattr(loss, "differentiable", list(wide)[:1])]
    names = [name for name in wide if any(wide[name] is leaf for leaf in leaves)]
    snake = {re.sub("[A-Z]", lambda c: "_" + c[0].lower(), key): widen(value) for key, value in options.items()}
    value = loss.function(*wide.values(), **snake)
    dtype = arguments[names[0]].dtype
    upstream = torch.randn(value.shape, dtype=dtype)
    grads = torch.autograd.grad(value, leaves, upstream.double())
    value = value.detach()
    if hasattr(loss, "exact"):
        exact_value, *exact_grads = loss.exact(
            {name: precise(tensor) for name, tensor in arguments.items()},
            {key: precise(option) for key, option in options.items()},
            precise(upstream),
            axis,
        )
        value = settle(exact_value, value)
        grads = [settle(*pair) for pair in zip(exact_grads, grads, strict=True)]
    return {
        "note": note,
        "dtype": name_of(dtype),
        **({} if axis is None else {"axis": axis}),
        **{name: {"dtype": name_of(tensor.dtype), **encode(tensor)} for name, tensor in arguments.items()},
        "options": {key: encode(option)["data"] if torch.is_tensor(option) else option for key, option in options.items()},
        "upstream": encode(upstream)["data"] if value.dim() else upstream.item(),
        "value": encode(value),
        "grad": encode(grads[0]),
        **({"grads": dict(zip(names, map(encode, grads), strict=True))} if len(grads) > 1 else {}),
    }


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem.replace(".", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(names):
    sys.dont_write_bytecode = True
    for path in sorted([*PACKAGE.glob("src/*/*.cases.py"), *PACKAGE.glob("_template/*.cases.py")]):
        if names and path.parent.name not in names:
            continue
        loss = load(path)
        torch.manual_seed(1)
        cases = [answer(loss, **case) for dtype in (torch.float64, torch.float32) for case in loss.cases(dtype)]
        packed = gzip.compress(json.dumps(cases, separators=(",", ":"), allow_nan=False).encode(), 9, mtime=0)
        path.with_suffix(".json.gz").write_bytes(packed)
        print(f"{path.parent.name}: {len(cases)} cases, {len(packed)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
