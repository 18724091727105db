"""Random draws of a VITS graph made into inputs, so that they can be seeded segment by segment.

The runtime's random operators draw from one generator a session, seeded when the session opens: what a sentence
sounds like would depend on what was said before it. So before the session opens each such node

    y = RandomNormalLike(x)

is replaced, in the bytes of the model file, by four that read the draws from a new graph input, flat and long enough:

    y = Reshape(Slice(noise, [0], ReduceProd(Shape(x))), Shape(x))

Only the few fields needed are read and written; everything else is copied as it is.
"""

from __future__ import annotations

from models.errors import Permanent
from models.protobuf import bytes_field, number_field, read_fields

GRAPH = 7  # of ModelProto
NODE, INITIALIZER, INPUT = 1, 5, 11  # of GraphProto
TENSOR_DIMS, TENSOR_TYPE, TENSOR_INT64, TENSOR_NAME = 1, 2, 7, 8
NODE_INPUT, NODE_OUTPUT, NODE_NAME, NODE_TYPE, NODE_ATTRIBUTE = 1, 2, 3, 4, 5
ATTRIBUTE_NAME, ATTRIBUTE_FLOAT, ATTRIBUTE_INT = 1, 2, 3
FLOAT, INT64 = 1, 7  # element types
ONE = 0x3F800000  # 1.0 in the bits of a float32
ZERO = "narrator_zero"  # the initializer [0]


def expose_noise(model: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return the model with its standard-normal draws as inputs, float32 [at least so many], and their names.

    Raises Permanent where the file is not ONNX, or draws in a way that cannot be made an input.
    """
    try:
        return _expose_noise(model)
    except (IndexError, ValueError) as error:
        raise Permanent(f"not an ONNX file: {error}") from None


def _expose_noise(model: bytes) -> tuple[bytes, tuple[str, ...]]:
    view = memoryview(model)
    pieces: list[bytes | memoryview] = []
    names: list[str] = []
    for number, _, value, whole in read_fields(view):
        if number == GRAPH and isinstance(value, memoryview):
            graph, names = _graph(value)
            pieces.append(bytes_field(GRAPH, graph))
        else:
            pieces.append(whole)
    if not pieces:
        raise ValueError("empty")
    return b"".join(pieces), tuple(names)


def _graph(graph: memoryview) -> tuple[bytes, list[str]]:
    pieces: list[bytes | memoryview] = []
    names: list[str] = []
    for number, _, value, whole in read_fields(graph):
        kind = _node_type(value) if number == NODE and isinstance(value, memoryview) else ""
        if kind in ("RandomNormal", "RandomUniform", "RandomUniformLike", "Multinomial", "Bernoulli"):
            raise Permanent(f"the model draws by {kind}, which cannot be seeded; export it with RandomNormalLike")
        if kind == "RandomNormalLike" and isinstance(value, memoryview):
            names.append(f"narrator_noise_{len(names)}")
            pieces += _drawn_from(names[-1], value)
        else:
            pieces.append(whole)
    if names:
        zero = (
            number_field(TENSOR_DIMS, 1)
            + number_field(TENSOR_TYPE, INT64)
            + number_field(TENSOR_INT64, 0)
            + bytes_field(TENSOR_NAME, ZERO.encode())
        )
        pieces.append(bytes_field(INITIALIZER, zero))
        pieces += [bytes_field(INPUT, _flat_input(name)) for name in names]
    return b"".join(pieces), names


def _drawn_from(noise: str, node: memoryview) -> list[bytes]:
    """Return the nodes that read from ``noise`` what this RandomNormalLike node would have drawn."""
    source = output = ""
    for number, _, value, _ in read_fields(node):
        if number == NODE_ATTRIBUTE and isinstance(value, memoryview):
            _check_standard(value)
        elif number == NODE_INPUT and isinstance(value, memoryview):
            source = str(value, "utf-8")
        elif number == NODE_OUTPUT and isinstance(value, memoryview):
            output = str(value, "utf-8")
    # The name of the last node is how the engine knows which row of draws was too short.
    shape, count, drawn = f"{noise}_shape", f"{noise}_count", f"{noise}_drawn"
    return [
        _node("Shape", [source], shape),
        _node("ReduceProd", [shape], count),  # over all axes, kept: int64 [1]
        _node("Slice", [noise, ZERO, count], drawn),
        _node("Reshape", [drawn, shape], output, noise),
    ]


def _check_standard(attribute: memoryview) -> None:
    """Refuse a mean other than 0, a scale other than 1, a type other than float32; a fixed seed gives way to ours."""
    fields = {number: value for number, _, value, _ in read_fields(attribute)}
    label = fields.get(ATTRIBUTE_NAME)
    name = str(label, "utf-8") if isinstance(label, memoryview) else ""
    real, whole = fields.get(ATTRIBUTE_FLOAT, 0), fields.get(ATTRIBUTE_INT, 0)
    fits = {"mean": real == 0, "scale": real == ONE, "dtype": whole == FLOAT, "seed": True}
    if not fits.get(name, False):
        raise Permanent(f"the model's RandomNormalLike has an unusual {name!r}: only standard normal float32 is known")


def _node_type(node: memoryview) -> str:
    for number, _, value, _ in read_fields(node):
        if number == NODE_TYPE and isinstance(value, memoryview):
            return str(value, "utf-8")
    return ""


def _node(kind: str, inputs: list[str], output: str, name: str = "") -> bytes:
    body = b"".join(bytes_field(NODE_INPUT, source.encode()) for source in inputs)
    body += bytes_field(NODE_OUTPUT, output.encode()) + bytes_field(NODE_NAME, name.encode())
    return bytes_field(NODE, body + bytes_field(NODE_TYPE, kind.encode()))


def _flat_input(name: str) -> bytes:
    """ValueInfoProto: name, and the type float32 [any length]."""
    dimension = bytes_field(1, bytes_field(2, f"{name}_length".encode()))
    tensor = number_field(1, FLOAT) + bytes_field(2, dimension)
    return bytes_field(1, name.encode()) + bytes_field(2, bytes_field(1, tensor))
