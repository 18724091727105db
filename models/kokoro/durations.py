"""Kokoro's duration predictor, made an output: how many frames each token lasts, as the graph itself decided.

Kokoro predicts a whole number of frames for every token, boundaries included, and lays its sound out by them; the
tensor is inside the graph. An output is added to the file's bytes by protobuf's own rule for merging: what is appended
to a serialised message joins it, field by field (https://protobuf.dev/programming-guides/encoding/#last-one-wins), so
neither the file nor its checksum changes, nor a bit of the sound.
"""

from __future__ import annotations

from models.protobuf import bytes_field, number_field

DURATIONS = "/encoder/Clip_output_0"  # float32 [1, tokens], rounded and at least 1
FRAME = 600  # samples at 24 kHz: 25 ms

GRAPH = 7  # of ModelProto
OUTPUT = 12  # of GraphProto
VALUE_NAME, VALUE_TYPE = 1, 2  # of ValueInfoProto
TENSOR_TYPE = 1  # of TypeProto
ELEMENT_TYPE, FLOAT = 1, 1  # of TypeProto.Tensor


def with_durations(model: bytes) -> bytes:
    """Return the model with DURATIONS as its second output; the runtime refuses it where there is no such tensor."""
    element = number_field(ELEMENT_TYPE, FLOAT)
    tensor = bytes_field(VALUE_TYPE, bytes_field(TENSOR_TYPE, element))
    output = bytes_field(VALUE_NAME, DURATIONS.encode()) + tensor
    return model + bytes_field(GRAPH, bytes_field(OUTPUT, output))
