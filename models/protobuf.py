"""Protobuf's wire encoding, as much of it as changes to ONNX files need (https://protobuf.dev/programming-guides/encoding).

An engine changes the bytes of a model file before it opens it; the ``onnx`` package is not needed to run a voice. Field
numbers are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
"""

from __future__ import annotations

from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5  # wire types

Field = tuple[int, int, int | memoryview, memoryview]  # number, wire type, value, all its bytes


def read_fields(message: memoryview) -> Iterator[Field]:
    """Yield the fields of a message, in order. Raises ValueError or IndexError where it is not one."""
    at = 0
    while at < len(message):
        began = at
        tag, at = _varint(message, at)
        number, kind = tag >> 3, tag & 7
        value: int | memoryview
        if kind == VARINT:
            value, at = _varint(message, at)
        elif kind == BYTES:
            size, at = _varint(message, at)
            value, at = message[at : at + size], at + size
        elif kind in (FIXED32, FIXED64):
            size = 4 if kind == FIXED32 else 8
            value, at = int.from_bytes(message[at : at + size], "little"), at + size
        else:
            raise ValueError(f"wire type {kind} at byte {began}")
        if at > len(message) or not number:
            raise ValueError(f"field {number} at byte {began} is cut off")
        yield number, kind, value, message[began:at]


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while shift < 70:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise ValueError(f"number at byte {at} is too long")


def _encode(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def number_field(field: int, value: int) -> bytes:
    """Encode a field that holds a number."""
    return _encode(field << 3 | VARINT) + _encode(value)


def bytes_field(field: int, body: bytes) -> bytes:
    """Encode a field that holds a message, a text or packed numbers."""
    return _encode(field << 3 | BYTES) + _encode(len(body)) + body
