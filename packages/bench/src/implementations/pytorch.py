"""Solves the problems of the benchmark in PyTorch. The argument is the number of threads.

A request is a line of JSON on stdin, for "prepare" followed by the logits and targets as bytes.
A reply is a line of JSON on stdout, for "answer" followed by values and gradient as float32 bytes.
"""

import ctypes
import json
import sys
import time

import torch
import torch.nn.functional as F

torch.set_num_threads(int(sys.argv[1]))
torch.set_num_interop_threads(1)

requests, replies = sys.stdin.buffer, sys.stdout.buffer
tasks = {}


# The options of the operations that have some, as in problem.ts.
LABEL_SMOOTHING, Z_LOSS, SOFTCAP, POS_WEIGHT = 0.1, 1e-4, 30, 3
TOP_COUNT, HIDDEN_SIZE, LABEL_COUNT = 20, 512, 50


def variants(x, targets, axis):
    """Returns the losses other than the plain cross-entropy, which are means."""
    cache = {}

    def cached(name, make):
        if name not in cache:
            cache[name] = make()
        return cache[name]

    def probabilities():
        one_hot = torch.zeros_like(x).scatter_(axis, targets.unsqueeze(axis), 1)
        return (1 - LABEL_SMOOTHING) * one_hot + LABEL_SMOOTHING / x.shape[axis]

    def row_weights():
        return (0.5 + torch.arange(targets.numel()) % 4 / 4).reshape(targets.shape)

    def class_weights():
        return 0.5 + torch.arange(x.shape[axis]) % 4 / 4

    def element_targets():
        return (torch.arange(x.numel()) % 2).float().reshape(x.shape)

    def signs(count):
        return 1 - 2 * (torch.arange(count) % 2).float()

    def element_signs():
        return signs(x.numel()).reshape(x.shape)

    def moved(places):
        return x.flatten().roll(-places).reshape(x.shape)

    def element_variances():
        return element_targets() + 0.5

    def sigmoid_focal(x):
        # As in torchvision.ops.sigmoid_focal_loss, with its default options.
        labels = cached("elements", element_targets)
        p = torch.sigmoid(x)
        losses = F.binary_cross_entropy_with_logits(x, labels, reduction="none")
        p_t = p * labels + (1 - p) * (1 - labels)
        weights = 0.25 * labels + 0.75 * (1 - labels)
        return (weights * losses * (1 - p_t).square()).mean()

    def label_lists():
        lists = torch.full(x.shape, -1)
        lists[:, 0] = targets
        if x.shape[1] > 1:
            lists[:, 1] = (targets + 1) % x.shape[1]
        return lists

    def z_loss(x):
        penalty = Z_LOSS * torch.logsumexp(x, axis).square()
        return F.cross_entropy(x, targets) + penalty.mean()

    def weighted(x):
        weights = cached("weights", row_weights)
        losses = F.cross_entropy(x, targets, reduction="none")
        return (losses * weights).sum() / weights.sum()

    def of_cross_entropy(function):
        """Returns the mean of a function of the cross-entropy, and of the probability of the target."""

        def loss(x):
            losses = F.cross_entropy(x, targets, reduction="none")
            return function(losses, torch.exp(-losses)).mean()

        return loss

    focal = of_cross_entropy(lambda c, p: (1 - p).square() * c)

    return {
        "labelSmoothing": lambda x: F.cross_entropy(x, targets, label_smoothing=LABEL_SMOOTHING),
        "probabilities": lambda x: F.cross_entropy(x, cached("probabilities", probabilities)),
        "zLoss": z_loss,
        "softcap": lambda x: F.cross_entropy(SOFTCAP * torch.tanh(x / SOFTCAP), targets),
        "sampleWeight": weighted,
        "weight": lambda x: F.cross_entropy(x, targets, cached("class weights", class_weights)),
        "weightedProbabilities": lambda x: F.cross_entropy(
            x, cached("probabilities", probabilities), cached("class weights", class_weights)
        ),
        "focal": focal,
        "composedFocal": focal,
        "poly": of_cross_entropy(lambda c, p: c + 1 - p),
        "generalized": of_cross_entropy(lambda c, p: (1 - p**0.7) / 0.7),
        "symmetric": of_cross_entropy(lambda c, p: c + 4 * (1 - p)),
        "squaredError": lambda x: F.mse_loss(x, cached("elements", element_targets)),
        "absoluteError": lambda x: F.l1_loss(x, cached("elements", element_targets)),
        "huber": lambda x: F.huber_loss(x, cached("elements", element_targets)),
        "smoothL1": lambda x: F.smooth_l1_loss(x, cached("elements", element_targets)),
        "poisson": lambda x: F.poisson_nll_loss(x, cached("elements", element_targets)),
        "gaussian": lambda x: F.gaussian_nll_loss(
            x, cached("elements", element_targets), cached("variances", element_variances)
        ),
        "klDivergence": lambda x: F.kl_div(x, cached("elements", element_targets)),
        "softMargin": lambda x: F.soft_margin_loss(x, cached("elements", element_targets)),
        "sigmoidFocal": sigmoid_focal,
        "positiveWeight": lambda x: F.binary_cross_entropy_with_logits(
            x, cached("elements", element_targets), pos_weight=torch.tensor(float(POS_WEIGHT))
        ),
        "binaryCrossEntropy": lambda x: F.binary_cross_entropy_with_logits(
            x, cached("elements", element_targets)
        ),
        "probability": lambda p: F.binary_cross_entropy(p, cached("elements", element_targets)),
        "hingeEmbedding": lambda x: F.hinge_embedding_loss(x, cached("signs", element_signs)),
        "marginRanking": lambda x: F.margin_ranking_loss(
            x, cached("moved", lambda: moved(1)), cached("signs", element_signs)
        ),
        "triplet": lambda x: F.triplet_margin_loss(
            x, cached("positives", lambda: moved(1)), cached("negatives", lambda: moved(2))
        ),
        "cosineEmbedding": lambda x: F.cosine_embedding_loss(
            x, cached("moved", lambda: moved(1)), cached("row signs", lambda: signs(len(x)))
        ),
        "multiMargin": lambda x: F.multi_margin_loss(x, targets),
        "multilabelMargin": lambda x: F.multilabel_margin_loss(
            x, cached("label lists", label_lists)
        ),
        "multilabelSoftMargin": lambda x: F.multilabel_soft_margin_loss(
            x, cached("elements", element_targets)
        ),
    }


def solver(operation, x, targets, axis, reduction):
    """Returns a function of no arguments that solves the problem, or None."""

    def elementwise(function):
        # torch.nn.functional has no forms that write to `out`.
        out = torch.empty_like(x)
        return lambda: (function(x, axis, out=out), None)

    losses = {
        "crossEntropy": lambda x: F.cross_entropy(x, targets, reduction=reduction),
        "softmaxLogNll": lambda x: F.nll_loss(
            torch.log(F.softmax(x, axis)), targets, reduction=reduction
        ),
        "logSoftmaxNll": lambda x: F.nll_loss(
            F.log_softmax(x, axis), targets, reduction=reduction
        ),
        **variants(x, targets, axis),
    }

    def log_of_softmax():
        out = torch.empty_like(x)

        def solve():
            torch.softmax(x, axis, out=out)
            return torch.log(out, out=out), None

        return solve

    def loss_only(loss):
        def solve():
            value = loss(x)
            # Callers read the loss.
            if reduction == "mean":
                value.item()
            return value, None

        return solve

    def with_gradient(loss):
        variable = x.clone().requires_grad_()

        def solve():
            variable.grad = None
            value = loss(variable)
            value.backward()
            value.item()
            return value.detach(), variable.grad

        return solve

    if operation == "tokenLogProbs":
        return lambda: (F.log_softmax(x, 1).gather(1, targets[:, None]), None)
    if operation == "topLogProbs":
        count = min(TOP_COUNT, x.shape[1])
        return lambda: (F.log_softmax(x, 1).topk(count).values, None)
    if operation.startswith("linearCrossEntropy"):
        return linear_solver(x, targets, operation.endswith("Gradient"))
    if operation == "probabilityGradient":
        x = torch.sigmoid(x.double()).float()
    if operation.startswith("ctc"):
        steps, count, classes = x.shape
        length = min(LABEL_COUNT, steps // 3)
        labels = (1 + targets.flatten()[: count * length] % (classes - 1)).reshape(count, length)
        lengths = (torch.full((count,), steps), torch.full((count,), length))
        x = torch.log_softmax(x.double(), 2).float()
        losses["ctc"] = lambda log_probs: F.ctc_loss(log_probs, labels, *lengths)
    if operation == "softmax":
        return elementwise(torch.softmax)
    if operation == "logSoftmax":
        return elementwise(torch.log_softmax)
    if operation == "logOfSoftmax":
        return log_of_softmax()
    if operation in losses:
        return loss_only(losses[operation])
    if operation.removesuffix("Gradient") in losses:
        return with_gradient(losses[operation.removesuffix("Gradient")])
    if operation == "gather":
        return lambda: (x.gather(1, targets[:, None]), None)
    if operation == "diagonal":
        return lambda: (torch.diag(x[:, targets]), None)
    return None


def linear_solver(x, targets, with_gradients):
    """Returns a function that solves the problem of linearLayer in problem.ts."""

    def repeated(flat, rows):
        count = rows * HIDDEN_SIZE
        return flat.repeat(-(-count // flat.numel()))[:count].reshape(rows, HIDDEN_SIZE)

    flat = x.flatten()
    hidden = repeated(flat, x.shape[0]).requires_grad_(with_gradients)
    weight = (repeated(flat.flip(0), x.shape[1]) / 32).requires_grad_(with_gradients)

    def solve():
        hidden.grad = weight.grad = None
        value = F.cross_entropy(hidden @ weight.T, targets)
        if with_gradients:
            value.backward()
        value.item()
        return value.detach(), hidden.grad

    return solve


def prepare(request):
    shape, axis = request["shape"], request["axis"]
    rows = [size for i, size in enumerate(shape) if i != axis]
    x = read_tensor(torch.float32, shape)
    targets = read_tensor(torch.int32, rows).long()
    solve = solver(request["operation"], x, targets, axis, request["reduction"])
    tasks[request["task"]] = solve
    reply({"supported": solve is not None})


def measure_time(request):
    solve, iterations = tasks[request["task"]], request["iterations"]
    start = time.perf_counter_ns()
    for _ in range(iterations):
        solve()
    reply({"nanoseconds": time.perf_counter_ns() - start})


def answer(request):
    parts = [as_bytes(part) for part in tasks[request["task"]]()]
    reply({"lengths": [len(part) // 4 for part in parts]}, *parts)


def as_bytes(tensor):
    if tensor is None:
        return b""
    tensor = tensor.contiguous()
    return ctypes.string_at(tensor.data_ptr(), tensor.nbytes)


def memory(request):
    with torch.profiler.profile(
        activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True
    ) as profile:
        result = tasks[request["task"]]()
    del result
    allocated = [e.self_cpu_memory_usage for e in profile.key_averages()]
    reply({"bytes": sum(size for size in allocated if size > 0)})


def release(request):
    del tasks[request["task"]]
    reply({})


def read_tensor(dtype, shape):
    count = 1
    for size in shape:
        count *= size
    return torch.frombuffer(bytearray(requests.read(4 * count)), dtype=dtype).reshape(shape)


def reply(header, *parts):
    replies.write(json.dumps(header).encode() + b"\n")
    for part in parts:
        replies.write(part)
    replies.flush()


actions = {
    "prepare": prepare,
    "time": measure_time,
    "answer": answer,
    "memory": memory,
    "release": release,
}

reply({"version": torch.__version__, "capability": torch.backends.cpu.get_cpu_capability()})
for line in requests:
    request = json.loads(line)
    try:
        actions[request["action"]](request)
    except Exception as error:
        reply({"error": f"{type(error).__name__}: {error}"})
