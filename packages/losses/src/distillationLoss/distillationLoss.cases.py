"""Cases of distillationLoss; test/makeFixtures.py answers them."""

from itertools import product

import torch
import torch.nn.functional as F


def function(input, teacher, labels=None, alpha=0.5, temperature=2, reduction="mean"):
    """The paper's formula, in PyTorch's operations."""
    soft = F.kl_div((input / temperature).log_softmax(-1), (teacher / temperature).softmax(-1), reduction="none").sum(-1)
    losses = temperature**2 * soft
    if labels is not None:
        classes = input.shape[-1]
        hard = F.cross_entropy(input.reshape(-1, classes), labels.long().reshape(-1), reduction="none").reshape(losses.shape)
        losses = alpha * losses + (1 - alpha) * hard
    return losses if reduction == "none" else getattr(losses, reduction)()


def cases(dtype):
    for shape, reduction, temperature in product([(3,), (2, 4), (5, 2), (2, 3, 3)], ("mean", "sum", "none"), (None, 1, 5)):
        for alpha in (None, 0.9):
            options = {"reduction": reduction, **({} if temperature is None else {"temperature": temperature})}
            if alpha is not None and len(shape) > 1:
                options |= {"alpha": alpha, "labels": torch.randint(0, shape[-1], shape[:-1])}
            arguments = {name: 2 * torch.randn(shape, dtype=dtype) for name in ("input", "teacher")}
            yield {"note": f"temperature {temperature}, alpha {alpha}, {reduction}", "arguments": arguments, "options": options}
