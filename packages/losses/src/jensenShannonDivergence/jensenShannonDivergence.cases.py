"""Cases of jensenShannonDivergence; test/makeFixtures.py answers them."""

from itertools import product

import torch

differentiable = ["input1", "input2"]


def function(input1, input2, probabilities=False, reduction="mean"):
    """The definition, in PyTorch's operations."""
    input1, input2 = torch.broadcast_tensors(input1, input2)
    p, q = (input1, input2) if probabilities else (input1.softmax(-1), input2.softmax(-1))
    m = (p + q) / 2
    losses = (torch.xlogy(p, p / m) + torch.xlogy(q, q / m)).sum(-1) / 2
    return losses if reduction == "none" else getattr(losses, reduction)()


def cases(dtype):
    for shape, reduction in product([(3,), (2, 4), (5, 2), (2, 3, 3), (1, 7), (6, 3)], ("mean", "sum", "none")):
        for i in range(3):
            arguments = {name: 2 * torch.randn(shape, dtype=dtype) for name in differentiable}
            yield {"note": f"random {i}, {reduction}", "arguments": arguments, "options": {"reduction": reduction}}
        arguments = {name: torch.randn(shape, dtype=dtype).softmax(-1) for name in differentiable}
        options = {"reduction": reduction, "probabilities": True}
        yield {"note": f"probabilities, {reduction}", "arguments": arguments, "options": options}
