"""Writes the models of the examples. Needs onnx 1.16 or newer: pip install onnx"""

from pathlib import Path

from onnx import TensorProto, checker, helper, save

FOLDER = Path(__file__).parent


def write(name, nodes, inputs, outputs, constants=()):
    """Writes a model. Opset 17 and IR version 8 run on every ONNX Runtime since 1.13."""
    graph = helper.make_graph(nodes, name, inputs, outputs, constants)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="surprisal"
    )
    checker.check_model(model, full_check=True)
    save(model, FOLDER / f"{name}.onnx")


def value(name, element_type, shape):
    return helper.make_tensor_value_info(name, element_type, shape)


# A linear classifier of two features and three classes. Its weights are exact in float16.
write(
    "classifier",
    [
        helper.make_node("Gemm", ["input", "weight", "bias"], ["logits"]),
        helper.make_node("Cast", ["logits"], ["half"], to=TensorProto.FLOAT16),
        helper.make_node("ArgMax", ["logits"], ["label"], axis=1, keepdims=0),
    ],
    [value("input", TensorProto.FLOAT, ["N", 2])],
    [
        value("logits", TensorProto.FLOAT, ["N", 3]),
        value("half", TensorProto.FLOAT16, ["N", 3]),
        value("label", TensorProto.INT64, ["N"]),
    ],
    [
        helper.make_tensor("weight", TensorProto.FLOAT, [2, 3], [2, 1, 0, 0, 3, 1]),
        helper.make_tensor("bias", TensorProto.FLOAT, [3], [0, 0, 0.5]),
    ],
)

# The same classifier with its logits only, for a GPU without float16.
write(
    "linear",
    [helper.make_node("Gemm", ["input", "weight", "bias"], ["logits"])],
    [value("input", TensorProto.FLOAT, ["N", 2])],
    [value("logits", TensorProto.FLOAT, ["N", 3])],
    [
        helper.make_tensor("weight", TensorProto.FLOAT, [2, 3], [2, 1, 0, 0, 3, 1]),
        helper.make_tensor("bias", TensorProto.FLOAT, [3], [0, 0, 0.5]),
    ],
)

# The probability of each label, from float32 or float16 probabilities and int64 labels.
for name, element_type in [("confidence", TensorProto.FLOAT), ("confidence16", TensorProto.FLOAT16)]:
    write(
        name,
        [
            helper.make_node("Cast", ["probabilities"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("Unsqueeze", ["label", "last"], ["column"]),
            helper.make_node("GatherElements", ["floats", "column"], ["picked"], axis=1),
            helper.make_node("Squeeze", ["picked", "last"], ["confidence"]),
        ],
        [
            value("probabilities", element_type, ["N", 3]),
            value("label", TensorProto.INT64, ["N"]),
        ],
        [value("confidence", TensorProto.FLOAT, ["N"])],
        [helper.make_tensor("last", TensorProto.INT64, [1], [1])],
    )
