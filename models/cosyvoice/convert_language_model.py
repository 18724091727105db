"""The language model as three graphs: text encoder, position tables, and one decoder for prefill and decode alike.

text_encoder.onnx   ids int64 [S], positions [2S - 1, D] -> text [S, width]
positions.onnx      sines [L, D] -> table_i [heads, head, L] for every layer; run once at load
decoder.onnx        x [B, S, width], past int64 [B], new int64 [B], table_i, key_i / value_i [B, heads, M, head]
                    -> logits [B, ids], and the same caches, written in place when they are bound to their inputs

The original projects the relative positions of the whole past again at every token; the table does it once.
"""

from __future__ import annotations

import math

from models.conversion.onnx_graph import INT32, INT64, MICROSOFT, Graph, Shape
from models.conversion.torch_files import Weights
from models.cosyvoice.config import LanguageModelConfig
from models.cosyvoice.convert_attention import Stack, padded_head, position_weight, projections


def text_encoder(weights: Weights, config: LanguageModelConfig, graph: Graph) -> Graph:
    """Encode text ids for the language model. Causal: padding on the right changes nothing before it."""
    ids = graph.input("ids", ["S"], INT64)
    positions = graph.input("positions", ["P", config.text_encoder.width])
    x = graph.lookup(ids, "text_embedding", weights["text_embedding.weight"])
    x = Stack(graph, weights, "text_encoder", config.text_encoder).encode(x, positions, causal=True)
    name = "text_encoder_affine_layer"
    x = graph.linear(x, name, weights[f"{name}.weight"], weights[f"{name}.bias"])
    graph.output(x, "text", ["S", config.width])
    return graph


def position_tables(weights: Weights, config: LanguageModelConfig, graph: Graph) -> Graph:
    """Project every layer's relative positions; scores need one product more and nothing else."""
    decoder = config.decoder
    sines = graph.input("sines", ["L", decoder.width])
    shape: Shape = [decoder.heads, padded_head(decoder), "L"]
    for i in range(decoder.layers):
        weight = position_weight(weights, f"llm.encoders.{i}", decoder)
        rows = graph.linear(sines, f"positions.{i}", weight)
        table = graph.transpose(graph.reshape(rows, -1, decoder.heads, padded_head(decoder)), 1, 2, 0)
        graph.output(table, f"table_{i}", shape)
    return graph


def decoder(weights: Weights, config: LanguageModelConfig, graph: Graph) -> Graph:
    """The decoder over B slots of ragged length. ``past`` tokens are in the cache, ``new`` of the S given are real."""
    stack, d = Stack(graph, weights, "llm", config.decoder), config.decoder
    x = graph.input("x", ["B", "S", config.width])
    past, new = graph.input("past", ["B"], INT64), graph.input("new", ["B"], INT64)
    step = _Step(graph, x, past, new, d.heads)
    rows = stack.embed(graph.reshape(x, -1, config.width), rectified=True)
    for i in range(d.layers):
        layer = stack.layer(i)
        attended = _attend(stack, step, stack.norm(rows, f"{layer}.norm1"), i)
        rows = graph.add(rows, attended)
        rows = graph.add(rows, stack.feed_forward(stack.norm(rows, f"{layer}.norm2"), layer, swish=False))
    every = graph.node("Reshape", rows, graph.node("Concat", step.batch, step.length, graph.ints(d.width), axis=0))
    last = graph.node("Unsqueeze", graph.node("Sub", new, graph.integer(1)), graph.ints(1))
    end = stack.final_norm(graph.node("GatherND", every, last, batch_dims=1))
    name = "llm_decoder"
    logits = graph.linear(end, name, weights[f"{name}.weight"], weights[f"{name}.bias"])
    graph.output(logits, "logits", ["B", config.speech_vocabulary + 1])
    return graph


class _Step:
    """Values that all layers of one pass share: sizes, lengths, and which distance each (query, key) pair has."""

    def __init__(self, graph: Graph, x: str, past: str, new: str, heads: int) -> None:
        self.batch, self.length = graph.node("Shape", x, start=0, end=1), graph.node("Shape", x, start=1, end=2)
        ends = graph.node("Add", past, new)
        total = graph.node("ReduceMax", ends, keepdims=1)  # [1]
        self.last = graph.node("Cast", graph.node("Sub", ends, graph.integer(1)), to=INT32)
        self.total = graph.node("Cast", graph.node("Squeeze", total), to=INT32)
        one, zero = graph.integer(1), graph.integer(0)
        queries = graph.node("Range", zero, graph.node("Squeeze", self.length), one)
        keys = graph.node("Range", zero, graph.node("Squeeze", total), one)
        at = graph.node("Add", graph.reshape(past, -1, 1, 1), graph.reshape(queries, 1, -1, 1))
        distance = graph.node("Max", graph.node("Sub", at, graph.reshape(keys, 1, 1, -1)), zero)
        shape = graph.node("Concat", graph.ints(heads), self.batch, self.length, total, axis=0)
        self.distance = graph.node("Expand", graph.node("Cast", distance, to=INT32), shape)  # [H, B, S, T]
        self.split = graph.node("Concat", graph.ints(heads), self.batch, self.length, graph.ints(-1), axis=0)
        self.rows = graph.node("Concat", self.batch, self.length, graph.ints(-1), axis=0)


def _attend(stack: Stack, step: _Step, y: str, index: int) -> str:
    """Attention of one layer, rows [B * S, width] to the same, over its cache."""
    g, d, layer = stack.graph, stack.config, stack.layer(index)
    p = projections(stack.weights, layer, d)
    cache: Shape = ["B", d.heads, "M", p.size]
    table = g.input(f"table_{index}", [d.heads, p.size, "R"])
    old = [g.input(f"key_{index}", cache), g.input(f"value_{index}", cache)]
    q, k, v = g.nodes("Split", g.linear(y, f"{layer}.qkv", p.weight, p.bias), outputs=3, axis=1, num_outputs=3)
    shifted = g.add(q, g.weight(f"{layer}.shift", p.shift))
    shifted = g.transpose(g.reshape(shifted, -1, d.heads, p.size), 1, 0, 2)  # [heads, B * S, size]
    by_distance = g.node("Reshape", g.node("MatMul", shifted, table), step.split)
    bias = g.transpose(g.node("GatherElements", by_distance, step.distance, axis=3), 1, 0, 2, 3)
    q, k, v = (g.node("Reshape", t, step.rows) for t in (q, k, v))
    inputs = [q, k, v, *old, step.last, step.total, "", "", "", bias]
    scale = 1 / math.sqrt(d.head)
    mixed, key, value = g.nodes(
        "GroupQueryAttention",
        *inputs,
        outputs=3,
        domain=MICROSOFT,
        num_heads=d.heads,
        kv_num_heads=d.heads,
        scale=scale,
    )
    g.rename(key, f"key_{index}_out", cache)
    g.rename(value, f"value_{index}_out", cache)
    rows = g.reshape(mixed, -1, d.heads * p.size)
    return g.linear(rows, f"{layer}.out", p.out, stack.weights[f"{layer}.self_attn.linear_out.bias"])
