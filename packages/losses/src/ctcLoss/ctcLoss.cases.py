"""Cases of ctcLoss; test/makeFixtures.py answers them with PyTorch."""

import math
from itertools import product

import torch
import torch.nn.functional as F

function = F.ctc_loss

REDUCTIONS = ("mean", "sum", "none")


def log_probs(*shape, dtype, scale=1):
    return (scale * torch.randn(shape, dtype=dtype)).log_softmax(-1)


def labels(shape, classes, blank=0):
    """Random labels that are not the blank."""
    numbers = torch.randint(0, classes - 1, shape)
    return numbers + (numbers >= blank)


def case(note, logProbs, targets, inputLengths, targetLengths, **options):
    return {
        "note": ", ".join([note, *(f"{key} {value}" for key, value in options.items())]),
        "arguments": {
            "logProbs": logProbs,
            "targets": torch.as_tensor(targets),
            "inputLengths": torch.as_tensor(inputLengths),
            "targetLengths": torch.as_tensor(targetLengths),
        },
        "options": options,
    }


def cases(dtype):
    for reduction, (zero_infinity, blank) in product(REDUCTIONS, ((False, 0), (True, 4))):
        options = {"reduction": reduction, "zeroInfinity": zero_infinity, "blank": blank}
        inputs = log_probs(9, 3, 5, dtype=dtype)
        padded = labels((3, 4), 5, blank)
        lengths = [4, 2, 3]
        yield case("padded", inputs, padded, [9, 8, 7], lengths, **options)
        concatenated = torch.cat([row[:length] for row, length in zip(padded, lengths)])
        yield case("concatenated", inputs, concatenated, [9, 8, 7], lengths, **options)
        yield case("one sequence", inputs[:, 0], padded[0], 9, 4, **options)
        repeated = torch.full((3, 4), 2)
        yield case("repeated labels", inputs, repeated, [9, 9, 7], [4, 3, 4], **options)
        yield case("no labels", inputs, padded, [9, 0, 5], [0, 0, 2], **options)
        # The last two sequences are too short for their targets.
        yield case("too short", inputs, padded, [9, 1, 0], [2, 2, 1], **options)
    for scale in (3, 10):
        inputs = log_probs(30, 2, 6, dtype=dtype, scale=scale)
        yield case(f"logits of {scale}", inputs, labels((2, 8), 6), [30, 25], [8, 5], reduction="none")
    long = log_probs(70, 1, 4, dtype=dtype)
    yield case("a long sequence", long, labels((1, 25), 4), [70], [25], reduction="sum")
    yield case("one class", torch.zeros(3, 1, 1, dtype=dtype), torch.zeros(1, 0, dtype=torch.int64), [3], [0])
    yield case("nan", torch.full((3, 1, 2), math.nan, dtype=dtype), [[1]], [3], [1], reduction="none")
    masked = log_probs(4, 1, 3, dtype=dtype)
    masked[:, :, 2] = -math.inf
    yield case("a class of probability 0", masked, [[1]], [4], [1], reduction="none")
    yield case("a label of probability 0", masked, [[2]], [4], [1], reduction="none")
