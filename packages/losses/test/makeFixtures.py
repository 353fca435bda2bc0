"""Makes src/<loss>/<loss>.cases.json.gz for every loss that has a src/<loss>/<loss>.cases.py, and for
the templates.

Run `python3 makeFixtures.py` with torch 2.13 (CPU), numpy and mpmath installed. The names of losses, or
kinds of templates, as arguments limit it to those.

A cases module defines:
  function         PyTorch's function
  differentiable   the arguments to differentiate, if more than the first
  cases(dtype)     yields { note, arguments: { name: tensor }, options: { camelCase: value }, axis? }
  exact(arguments, options, upstream, axis), if float64 is not precise enough: returns value and
      gradients with 500 digits; float arguments and options are arrays of mpmath numbers

The expected numbers are PyTorch's, computed in float64. If `exact` is defined, the numbers are
compared with it where both are finite, and the exact number is stored, rounded to float64: where one
class dominates, PyTorch's number has few correct digits or is 0. The float32 cases hold float32
inputs. Their expected numbers are not rounded to float32: round them before you compare.

A case is { note, dtype, axis, …arguments, options, upstream, value, grad } and, with several
differentiable arguments, grads by name. `upstream` is a number if value is one, else a flat
array. A tensor is { shape, data } with flat row-major data; an argument also has its dtype, and an option with
one axis is an array. "nan",
"inf" and "-inf" are strings.
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


def encode_number(x):
    return x if math.isfinite(x) else "nan" if x != x else "inf" if x > 0 else "-inf"


def encode(tensor):
    return {"shape": list(tensor.shape), "data": [encode_number(x) for x in tensor.flatten().tolist()]}


def encode_option(option):
    if not torch.is_tensor(option):
        return option
    return encode(option) if option.dim() > 1 else encode(option)["data"]


def dtype_name(dtype):
    return str(dtype).removeprefix("torch.")


def to_mpmath(value):
    """Converts a float tensor to mpmath numbers; leaves any other value to NumPy or Python."""
    if not torch.is_tensor(value):
        return value
    if not value.is_floating_point():
        return value.numpy()
    return np.array([mpmath.mpf(x) for x in value.flatten().tolist()], dtype=object).reshape(value.shape)


def to_float64(value):
    return value.double() if torch.is_tensor(value) and value.is_floating_point() else value


def prefer_exact(exact, computed):
    """Replaces PyTorch's numbers by the exact ones where both are finite, and checks that they agree."""
    numbers = []
    for x, y in zip(np.asarray(exact, dtype=object).flatten(), computed.flatten().tolist(), strict=True):
        both_finite = math.isfinite(y) and mpmath.isfinite(x)
        assert not both_finite or abs(x - y) <= 1e-11 * max(1, abs(x)), (float(x), y)
        numbers.append(float(x) if both_finite else y)
    return torch.tensor(numbers, dtype=torch.float64).reshape(computed.shape)


def make_fixture(loss, note, arguments, options, axis=None):
    """Returns a case with PyTorch's value and gradients, exact where the loss defines `exact`."""
    arguments64 = {name: to_float64(value) for name, value in arguments.items()}
    differentiable = getattr(loss, "differentiable", list(arguments64)[:1])
    leaves = [arguments64[name].requires_grad_() for name in differentiable if name in arguments64]
    names = [name for name in arguments64 if any(arguments64[name] is leaf for leaf in leaves)]
    snake_case = {re.sub("[A-Z]", lambda c: "_" + c[0].lower(), key): to_float64(value) for key, value in options.items()}
    value = loss.function(*arguments64.values(), **snake_case)
    dtype = arguments[names[0]].dtype
    upstream = torch.randn(value.shape, dtype=dtype)
    grads = torch.autograd.grad(value, leaves, upstream.double())
    value = value.detach()
    if hasattr(loss, "exact"):
        exact_value, *exact_grads = loss.exact(
            {name: to_mpmath(tensor) for name, tensor in arguments.items()},
            {key: to_mpmath(option) for key, option in options.items()},
            to_mpmath(upstream),
            axis,
        )
        value = prefer_exact(exact_value, value)
        grads = [prefer_exact(*pair) for pair in zip(exact_grads, grads, strict=True)]
    return {
        "note": note,
        "dtype": dtype_name(dtype),
        **({} if axis is None else {"axis": axis}),
        **{name: {"dtype": dtype_name(tensor.dtype), **encode(tensor)} for name, tensor in arguments.items()},
        "options": {key: encode_option(option) for key, option in options.items()},
        "upstream": encode(upstream)["data"] if value.dim() else upstream.item(),
        "value": encode(value),
        "grad": encode(grads[0]),
        **({"grads": dict(zip(names, map(encode, grads), strict=True))} if len(grads) > 1 else {}),
    }


def check_names(loss, known):
    """Raises an error for a name in `differentiable` that is an argument of no case: its gradient would be left out."""
    for name in getattr(loss, "differentiable", []):
        if name not in known:
            raise SystemExit(f'{loss.__name__}: differentiable holds "{name}", expected names of arguments: {", ".join(known)}.')


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem.replace(".", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main(names):
    sys.dont_write_bytecode = True
    for path in sorted([*PACKAGE.glob("src/*/*.cases.py"), *PACKAGE.glob("_template/*/*.cases.py")]):
        if names and path.parent.name not in names:
            continue
        loss = load(path)
        torch.manual_seed(1)
        cases, names_of_arguments = [], {}
        # Each case is answered before the next one is drawn: both draw from the same random numbers.
        for dtype in (torch.float64, torch.float32):
            for case in loss.cases(dtype):
                names_of_arguments |= dict.fromkeys(case["arguments"])
                cases.append(make_fixture(loss, **case))
        check_names(loss, names_of_arguments)
        compressed = gzip.compress(json.dumps(cases, separators=(",", ":"), allow_nan=False).encode(), 9, mtime=0)
        path.with_suffix(".json.gz").write_bytes(compressed)
        print(f"{path.parent.name}: {len(cases)} cases, {len(compressed)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
