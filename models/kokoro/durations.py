"""Kokoro's duration predictor, made an output: how many frames each token lasts, as the graph itself decided.

Kokoro predicts a whole number of frames for every token, boundaries included, and lays its sound out by them; the
tensor is inside the graph. An output is added to the file's bytes by protobuf's own rule for merging: what is appended
to a serialised message joins it, field by field (https://protobuf.dev/programming-guides/encoding/#last-one-wins), so
neither the file nor its checksum changes, nor a bit of the sound.
"""

from __future__ import annotations

DURATIONS = "/encoder/Clip_output_0"  # float32 [1, tokens], rounded and at least 1
FRAME = 600  # samples at 24 kHz: 25 ms

GRAPH = 7  # of ModelProto; field numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
OUTPUT = 12  # of GraphProto
VALUE_NAME, VALUE_TYPE = 1, 2  # of ValueInfoProto
TENSOR_TYPE = 1  # of TypeProto
ELEMENT_TYPE, FLOAT = 1, 1  # of TypeProto.Tensor


def with_durations(model: bytes) -> bytes:
    """The model with DURATIONS as its second output; the runtime refuses it where there is no such tensor."""
    element = bytes([ELEMENT_TYPE << 3, FLOAT])
    tensor = _message(VALUE_TYPE, _message(TENSOR_TYPE, element))
    output = _message(VALUE_NAME, DURATIONS.encode()) + tensor
    return model + _message(GRAPH, _message(OUTPUT, output))


def _message(field: int, body: bytes) -> bytes:
    """A field that holds a message or a text: all here are shorter than 128 bytes, so lengths take one byte."""
    return bytes([field << 3 | 2, len(body)]) + body
