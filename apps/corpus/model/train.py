"""Trains the byte model of this app and writes byteModel.onnx and byteModel.json beside this file.

Needs: pip install torch numpy onnx

One thread and a fixed seed; about 15 minutes. The network is a GRU over the bytes of UTF-8. Weights are
stored as float16 and computed with as float32.
"""

import hashlib
import json
import math
import time
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

HERE = Path(__file__).parent
CORPUS = HERE.parent / "corpus"

TRAINED_ON = ["alices-adventures-in-wonderland.txt", "the-jungle-book.txt", "the-time-machine.txt"]
HELD_OUT = ["through-the-looking-glass.txt", "the-wonderful-wizard-of-oz.txt"]

VOCABULARY = 256
EMBEDDING = 64
HIDDEN = 192
# A window is scored after the bytes of its context, from an empty memory. See src/shards/windows.ts.
CONTEXT = 64
WINDOW = 448
NEWLINE = 10

STEPS = 2200
ROWS = 32
LENGTH = 128
LARGEST_RATE = 4e-3
SMALLEST_RATE = 4e-5
DROPOUT = 0.1
SEED = 20


class ByteModel(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(VOCABULARY, EMBEDDING)
        self.gru = nn.GRU(EMBEDDING, HIDDEN)
        self.output = nn.Linear(HIDDEN, VOCABULARY)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, previous):
        """Returns logits of shape [time, rows, 256] from the byte before each, of shape [time, rows]."""
        hidden, _ = self.gru(self.dropout(self.embedding(previous)))
        return self.output(self.dropout(hidden))


def read(name):
    return torch.from_numpy(np.frombuffer((CORPUS / name).read_bytes(), np.uint8).astype(np.int64))


def train():
    torch.manual_seed(SEED)
    model = ByteModel()
    optimizer = torch.optim.Adam(model.parameters(), LARGEST_RATE)
    # Documents begin after a newline, as in the app.
    newline = torch.tensor([NEWLINE])
    text = torch.cat([torch.cat([newline, read(name)]) for name in TRAINED_ON])
    start_time = time.time()
    for step in range(STEPS):
        cosine = (1 + math.cos(math.pi * step / STEPS)) / 2
        warmup = min(1, (step + 1) / 50)
        for group in optimizer.param_groups:
            group["lr"] = warmup * (SMALLEST_RATE + cosine * (LARGEST_RATE - SMALLEST_RATE))
        starts = torch.randint(0, len(text) - LENGTH - 1, (ROWS,))
        windows = torch.stack([text[s : s + LENGTH + 1] for s in starts.tolist()], dim=1)
        logits = model(windows[:-1])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), windows[1:].flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if step % 100 == 99:
            bits = loss.item() / math.log(2)
            print(f"step {step + 1}: {bits:.3f} bits, {time.time() - start_time:.0f} s", flush=True)
    return model


@torch.no_grad()
def bits_per_character(model, name):
    """Scores a document as the app does. These documents are ASCII: a byte is a character."""
    model.eval()
    text = read(name)
    padded = torch.cat([torch.full((CONTEXT + 1,), NEWLINE), text])
    nats = 0.0
    for first in range(0, len(text), WINDOW * 64):
        starts = range(first, min(first + WINDOW * 64, len(text)), WINDOW)
        windows = [padded[s : s + CONTEXT + WINDOW + 1] for s in starts]
        rows = nn.utils.rnn.pad_sequence(windows, padding_value=-100)
        logits = model(rows[:-1].clamp(min=0))[CONTEXT:]
        target = rows[CONTEXT + 1 :]
        nats += nn.functional.cross_entropy(
            logits.flatten(0, 1), target.flatten(), reduction="sum"
        ).item()
    return nats / len(text) / math.log(2)


def round_to_float16(model):
    for parameter in model.parameters():
        parameter.data = parameter.data.half().float()


def onnx_gates(weight):
    """Reorders the gates of a GRU: reset, update, new in PyTorch; update, reset, hidden in ONNX."""
    reset, update, new = weight.detach().chunk(3)
    return torch.cat([update, reset, new])


def export(model):
    gru = model.gru
    weights = {
        "embedding": model.embedding.weight,
        "gru.input": onnx_gates(gru.weight_ih_l0)[None],
        "gru.recurrent": onnx_gates(gru.weight_hh_l0)[None],
        "gru.bias": torch.cat([onnx_gates(gru.bias_ih_l0), onnx_gates(gru.bias_hh_l0)])[None],
        "output.weight": model.output.weight.T,
        "output.bias": model.output.bias,
    }
    initializers = [
        numpy_helper.from_array(value.detach().numpy().astype(np.float16), f"{name}.half")
        for name, value in weights.items()
    ] + [
        numpy_helper.from_array(np.array([CONTEXT]), "context"),
        numpy_helper.from_array(np.array([2**31]), "end"),
        numpy_helper.from_array(np.array([0]), "timeAxis"),
        numpy_helper.from_array(np.array([1]), "directionAxis"),
    ]
    nodes = [
        helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT) for name in weights
    ] + [
        helper.make_node("Cast", ["previous"], ["index"], to=TensorProto.INT32),
        helper.make_node("Gather", ["embedding", "index"], ["embedded"]),
        helper.make_node(
            "GRU",
            ["embedded", "gru.input", "gru.recurrent", "gru.bias"],
            ["directions"],
            hidden_size=HIDDEN,
            linear_before_reset=1,
        ),
        helper.make_node("Squeeze", ["directions", "directionAxis"], ["hidden"]),
        helper.make_node("Slice", ["hidden", "context", "end", "timeAxis"], ["scored"]),
        helper.make_node("MatMul", ["scored", "output.weight"], ["products"]),
        helper.make_node("Add", ["products", "output.bias"], ["logits"]),
    ]
    graph = helper.make_graph(
        nodes,
        "byteModel",
        [helper.make_tensor_value_info("previous", TensorProto.UINT8, ["time", "rows"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["window", "rows", VOCABULARY])],
        initializers,
    )
    exported = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.checker.check_model(exported, full_check=True)
    return exported.SerializeToString()


def main():
    torch.set_num_threads(1)
    model = train()
    round_to_float16(model)
    content = export(model)
    (HERE / "byteModel.onnx").write_bytes(content)
    metadata = {
        "name": "byteModel",
        "description": "A GRU over the bytes of UTF-8",
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "parameters": sum(parameter.numel() for parameter in model.parameters()),
        "alphabet": "the 256 bytes of UTF-8",
        "vocabulary": VOCABULARY,
        "context": CONTEXT,
        "window": WINDOW,
        "trainedOn": TRAINED_ON,
        "heldOut": HELD_OUT,
        "bitsPerCharacter": {
            name: round(bits_per_character(model, name), 4) for name in TRAINED_ON + HELD_OUT
        },
    }
    (HERE / "byteModel.json").write_text(json.dumps(metadata, indent=2) + "\n")
    print(json.dumps(metadata, indent=2))


if __name__ == "__main__":
    main()
