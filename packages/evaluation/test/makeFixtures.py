"""Makes fixtures.json.gz: answers of scikit-learn and PyTorch to random classifiers.

Run `python3 makeFixtures.py` with torch 2.13 (CPU), numpy and scikit-learn 1.9 installed.

A case is { note, logits, labels, weights, topK: { k: accuracy }, brier, matrix, bins, width, quantile, fit }.
`width` and `quantile` are the points of scikit-learn's calibration_curve for "the prediction is right" as the
binary event, empty bins left out. `fit` is the temperature of PyTorch's L-BFGS and the loss there.
"""

import gzip
import json
from pathlib import Path

import numpy as np
import torch
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, confusion_matrix, top_k_accuracy_score

BINS = 10


def softmax(logits):
    exps = np.exp(logits - logits.max(1, keepdims=True))
    return exps / exps.sum(1, keepdims=True)


def fit_temperature(logits, labels, weights):
    x, t, w = (torch.as_tensor(array) for array in (logits, labels, weights))
    inverse = torch.ones((), dtype=torch.float64, requires_grad=True)

    def loss():
        losses = torch.nn.functional.cross_entropy(x * inverse, t, reduction="none")
        return (losses * w).sum() / w.sum()

    def closure():
        inverse.grad = None
        value = loss()
        value.backward()
        return value

    # The line search compares losses, which no longer differ at 1e-8 from the optimum; gradients alone go on.
    for search in ("strong_wolfe", None):
        options = {"max_iter": 100, "tolerance_grad": 1e-15, "tolerance_change": 0, "line_search_fn": search}
        torch.optim.LBFGS([inverse], lr=1, **options).step(closure)
    return {"temperature": 1 / inverse.item(), "nll": loss().item()}


def make_case(note, rows, classes, scale, skill, rng):
    labels = rng.integers(0, classes, rows)
    logits = rng.normal(size=(rows, classes)) * scale
    logits[np.arange(rows), labels] += skill * rng.normal(size=rows) + skill / 2
    weights = rng.integers(1, 4, rows).astype(float)
    p = softmax(logits)
    predicted = logits.argmax(1)
    repeat = weights.astype(int)
    confidence, right = p.max(1).repeat(repeat), (predicted == labels).astype(int).repeat(repeat)
    curves = {
        strategy: [list(points) for points in calibration_curve(right, confidence, n_bins=BINS, strategy=name)]
        for strategy, name in (("width", "uniform"), ("quantile", "quantile"))
    }
    one_hot = np.eye(classes)[labels]
    return {
        "note": note,
        "classes": classes,
        "logits": logits.flatten().tolist(),
        "labels": labels.tolist(),
        "weights": weights.tolist(),
        "topK": {
            "1": accuracy_score(labels, predicted, sample_weight=weights),
            **{str(k): top_k_accuracy_score(labels, logits, k=k, sample_weight=weights, labels=range(classes)) for k in (2, 3) if 2 < classes and k < classes},
        },
        "brier": float(np.average(((p - one_hot) ** 2).sum(1), weights=weights)),
        "matrix": confusion_matrix(labels, predicted, labels=range(classes), sample_weight=weights).flatten().tolist(),
        "bins": BINS,
        **curves,
        "fit": fit_temperature(logits, labels, weights),
    }


def main():
    rng = np.random.default_rng(1)
    cases = [
        make_case("too sure", 300, 5, 3, 2, rng),
        make_case("not sure enough", 200, 4, 0.3, 2, rng),
        make_case("two classes", 157, 2, 2, 3, rng),
        make_case("many classes", 97, 40, 1, 4, rng),
        make_case("far apart", 120, 3, 60, 30, rng),
    ]
    data = json.dumps(cases, separators=(",", ":"), allow_nan=False).encode()
    Path(__file__).with_name("fixtures.json.gz").write_bytes(gzip.compress(data, 9, mtime=0))


if __name__ == "__main__":
    main()
