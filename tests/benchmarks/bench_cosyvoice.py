"""CosyVoice's figures on this machine: full-size random weights, a fixed number of speech tokens.

    python -m tests.benchmarks.bench_cosyvoice DIR              everything; DIR keeps 4 GB: checkpoint and bundles
    python -m tests.benchmarks.bench_cosyvoice DIR chain memory only these

Where torch is installed, each of our runs is followed by one of the plain PyTorch rendering; ratios are of medians.
One thread is timed by the CPU seconds it takes, so that a busy machine disturbs little; two processes or two threads
by the clock. Where OpenVINO is installed, bundles for it are measured, too. Every measurement is a process of its own.
What was measured last is kept in DIR/figures.json, which tests.benchmarks.plot_cosyvoice draws.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from models.bundle import Bundle
from models.cosyvoice.engine import CosyVoiceEngine
from models.cosyvoice.flow import mel_length
from models.cosyvoice.language_model import Prompt
from models.cosyvoice.stages import Parameters, load_stages
from models.voice import Speech, SpeechRequest, Utterance

TEXT, PER_TEXT_TOKEN = 20, 7  # 140 speech tokens: 2.8 s
SECONDS = mel_length(TEXT * PER_TEXT_TOKEN) * 256 / 22050
MIXES = ("int8", "int4")
MATRIX = ("int8-openvino", "int4-openvino") if find_spec("openvino") else ()  # estimator and vocoder on OpenVINO
FIGURES = "figures.json"
Row = dict[str, float | int | str]


def request(seed: int, text: int = TEXT) -> SpeechRequest:
    ids = tuple(int(i) for i in np.random.default_rng(seed).integers(100, 40_000, text))
    return SpeechRequest((Utterance(ids),), str(seed % 7), seed)


def bundle(folder: Path, mix: str) -> Bundle:
    """The converted full-size checkpoint, made where it is not there yet."""
    if not (folder / mix / "voice.toml").exists():
        from models.cosyvoice.convert import convert_cosyvoice
        from tests.benchmarks import full_size

        full_size.write(folder / "checkpoint")
        precision, _, backend = mix.partition("-")
        convert_cosyvoice(
            folder / "checkpoint",
            folder / mix,
            precision,
            speech_tokens_per_text_token=PER_TEXT_TOKEN,
            backend=backend or "onnxruntime",
        )
    return Bundle.read(folder / mix / "voice.toml")


def peak() -> int:
    """Peak resident memory of this process, MB."""
    scale = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale // 10**6


def size(folder: Path, mix: str) -> Row:
    found = bundle(folder, mix)
    return {"MB": round(sum(file.size for file in found.files) / 1e6, 1), **found.record["self_check"]}


def load(folder: Path, mix: str) -> Row:
    began, busy = perf_counter(), process_time()
    CosyVoiceEngine(bundle(folder, mix))
    seconds = {"seconds to load": perf_counter() - began, "CPU seconds to load": process_time() - busy}
    return {**{name: round(value, 2) for name, value in seconds.items()}, "MB resident": peak()}


def decode(folder: Path, mix: str, batch: int, context: int = 120, steps: int = 20, runs: int = 3) -> Row:
    """Tokens a second of the language model's steps alone, on one thread."""
    read = bundle(folder, mix)
    model = load_stages(read.path, Parameters.of(read.parameters, read.origin)).language_model
    model.cache.fit(batch, context + steps, [])
    x = model.embed([1] * batch)[:, None]
    model.step(x, np.full(batch, context), np.ones(batch, np.int64))
    plain = _plain_decode(folder, context, steps // 4) if batch == 16 and find_spec("torch") else None
    rates: list[list[float]] = [[], []]
    for _ in range(runs):
        began = process_time()
        for k in range(steps):
            model.step(x, np.full(batch, context + k), np.ones(batch, np.int64))
        rates[0].append(batch * steps / (process_time() - began))
        if plain:
            rates[1].append(plain())
    row: Row = {"batch": batch, "tokens/s": round(statistics.median(rates[0]), 1)}
    if plain:
        row["PyTorch tokens/s"] = round(statistics.median(rates[1]), 2)
        row["ratio"] = round(statistics.median(rates[0]) / statistics.median(rates[1]), 1)
    return row


def _plain(folder: Path):
    import torch

    from models.cosyvoice.checkpoint import read_cosyvoice_checkpoint
    from tests.benchmarks import cosyvoice_torch as plain

    torch.set_num_threads(1)
    read = read_cosyvoice_checkpoint(folder / "checkpoint")
    model = plain.LanguageModel(plain.tensors(read.language_model), read.config)
    flow = plain.Flow(plain.tensors(read.flow), read.config)
    return torch, model, flow, plain.Vocoder(plain.tensors(read.hift), read.config.hift), read


def _plain_decode(folder: Path, context: int, steps: int):
    torch, model, *_ = _plain(folder)

    @torch.inference_mode()
    def run() -> float:
        x = model.speech(1)
        _, caches = model.step(x.expand(1, context, -1), None)
        began = process_time()
        for _ in range(steps):
            _, caches = model.step(x, caches)
        return steps / (process_time() - began)

    return run


def chain(folder: Path, mix: str, batch: int = 8, runs: int = 2, threads: int = 1) -> Row:
    """Text to samples for a batch of three-second segments; PyTorch renders one segment in each turn."""
    engine = CosyVoiceEngine(bundle(folder, mix), threads)
    plain = _plain_chain(folder) if find_spec("torch") else None
    ours, theirs, stages = [], [], dict[str, float]()
    for turn in range(runs):
        began = process_time()
        for _, speech in engine.speak([request(100 * turn + i) for i in range(batch)]):
            assert isinstance(speech, Speech), speech
            for name, seconds in speech.stages.items():
                stages[name] = stages.get(name, 0.0) + seconds
        ours.append((process_time() - began) / batch)
        if plain:
            theirs.append(plain(turn))
    total = sum(stages.values())
    row: Row = {"batch": batch, "RTF": round(statistics.median(ours) / SECONDS, 3), "MB": peak()}
    row.update({name: f"{seconds / total:.0%}" for name, seconds in stages.items()})
    if theirs:
        whole = statistics.median([sum(parts.values()) for parts in theirs])
        row["PyTorch RTF"] = round(whole / SECONDS, 2)
        row["ratio"] = round(whole / statistics.median(ours), 2)
        row.update({f"PyTorch {name}": f"{theirs[0][name] / sum(theirs[0].values()):.0%}" for name in theirs[0]})
    return row


def batch(folder: Path, mix: str, segments: int, text: int = TEXT) -> Row:
    """Text to samples for some segments at once, of about so many characters: the cost of a second, and the memory."""
    engine = CosyVoiceEngine(bundle(folder, mix))
    began, audio, stages = process_time(), 0.0, dict[str, float]()
    for _, speech in engine.speak([request(i, text) for i in range(segments)]):
        assert isinstance(speech, Speech), speech
        audio += len(speech.samples) / speech.sample_rate
        for name, seconds in speech.stages.items():
            stages[name] = stages.get(name, 0.0) + seconds
    row: Row = {"segments": segments, "audio s each": round(audio / segments, 2)}
    row |= {"RTF": round((process_time() - began) / audio, 3), "MB peak": peak()}
    return row | {name: f"{seconds / sum(stages.values()):.0%}" for name, seconds in stages.items()}


def _plain_chain(folder: Path):
    torch, model, flow, vocoder, read = _plain(folder)
    embedding = torch.from_numpy(next(iter(read.speakers.values())))

    @torch.inference_mode()
    def run(seed: int) -> dict[str, float]:
        clock = [process_time()]
        ids = torch.tensor(request(seed).utterances[0].tokens)
        scores, caches = model.step(model.prefix(ids, embedding), None)
        tokens: list[int] = []
        for _ in range(TEXT * PER_TEXT_TOKEN):
            tokens.append(int(torch.multinomial(scores[0, :-1].exp(), 1)))
            scores, caches = model.step(model.speech(tokens[-1]), caches)
        clock.append(process_time())
        mu = flow.encode(torch.tensor(tokens))
        mel = flow.solve(torch.randn(mu.shape), mu, flow.speaker(embedding))
        clock.append(process_time())
        f0 = vocoder.pitch(mel)
        source = vocoder.excite(f0, torch.rand(9, 1), torch.randn(9, 256 * f0.shape[1]))
        assert vocoder.generate(mel, source).isfinite().all()
        clock.append(process_time())
        return dict(zip(("language model", "flow", "vocoder"), np.diff(clock).tolist(), strict=True))

    return run


def alone(folder: Path, mix: str, threads: int = 1, batches: int = 2) -> Row:
    """As many batches of eight as given, nothing beside them: for several processes at once."""
    engine = CosyVoiceEngine(bundle(folder, mix), threads)
    print("ready", flush=True)
    sys.stdin.readline()
    began, busy = perf_counter(), process_time()
    for turn in range(batches):
        for _, speech in engine.speak([request(100 * turn + i) for i in range(8)]):
            assert isinstance(speech, Speech), speech
    seconds = {"seconds": perf_counter() - began, "busy": process_time() - busy}
    return {"audio": 8 * batches * SECONDS, **seconds, "MB": peak()}


def memory(folder: Path, mix: str) -> Row:
    """Sixteen slots at their longest: as many positions as the budget for keys and values gives them."""
    read = bundle(folder, mix)
    parts = load_stages(read.path, Parameters.of(read.parameters, read.origin))
    model = parts.language_model
    each = model._budget // (16 * model.cache.bytes_per_position)
    text = 40
    prompts = [Prompt((5,) * text, parts.speakers[0][0], i, tokens=each - text - 3) for i in range(16)]
    tokens: list[int] = []
    for _, found in model.generate(prompts):
        assert isinstance(found, list)
        tokens = found
    mel = parts.flow.mel(tokens, parts.speakers[1][0], 0)
    parts.hift.synthesise(mel, 0)
    held = model.cache.slots * model.cache.positions * model.cache.bytes_per_position // 10**6
    return {
        "slots": 16,
        "positions": each,
        "MB keys and values": held,
        "audio s": round(mel.shape[1] / 86.13, 1),
        "MB peak": peak(),
    }


def window(folder: Path, mix: str, seconds: int, size: int = 258, overlap: int = 34) -> Row:
    """The flow over a whole segment, and over windows of three seconds with shared noise and a cross-fade."""
    read = bundle(folder, mix)
    parts = load_stages(read.path, Parameters.of(read.parameters, read.origin))
    random = np.random.default_rng(0)
    mu = parts.flow.encode(random.integers(0, 4096, 50 * seconds).tolist())
    noise, speaker = random.standard_normal(mu.shape, np.float32), parts.speakers[1][0]
    began = process_time()
    whole = parts.flow.solve(noise, mu, speaker)
    middle = process_time()
    cut = np.zeros_like(whole)
    for start in range(0, max(1, mu.shape[1] - overlap), size - overlap):
        end = min(start + size, mu.shape[1])
        here = [np.ascontiguousarray(x[:, start:end]) for x in (noise, mu)]
        piece = parts.flow.solve(*here, speaker)
        rise = np.minimum(np.arange(end - start, dtype=np.float32) / overlap, 1) if start else np.float32(1)
        cut[:, start:end] = cut[:, start:end] * (1 - rise) + piece * rise
    late = process_time()
    apart = float(np.sqrt(np.mean((cut - whole) ** 2) / np.mean(whole**2)))
    rates = {"RTF whole": round((middle - began) / seconds, 2), "RTF windows": round((late - middle) / seconds, 2)}
    return {"seconds": seconds, **rates, "mel differs by": round(apart, 3)}


def short(folder: Path, mix: str, text: int) -> Row:
    """One utterance, nothing beside it, on two threads: by the clock, and the CPU seconds of both.

    Chinese: about 1.4 tokens a character, 0.22 s.
    """
    engine = CosyVoiceEngine(bundle(folder, mix), threads=2)
    ids = round(1.4 * text)
    seconds, busy = [], process_time()
    for turn in range(3):
        began = perf_counter()
        ((_, speech),) = engine.speak([request(turn, ids)])
        assert isinstance(speech, Speech), speech
        seconds.append(perf_counter() - began)
    audio = len(speech.samples) / speech.sample_rate
    best, spent = statistics.median(seconds), round((process_time() - busy) / 3, 2)
    return {
        "characters": text,
        "audio s": round(audio, 2),
        "seconds": round(best, 2),
        "RTF": round(best / audio, 2),
        "CPU": spent,
    }


def pair(folder: Path, mix: str) -> Row:
    """Two processes of one thread each, at the same time: audio of both over the time of the slower."""
    command = [sys.executable, "-m", __spec__.name, str(folder), "--one", json.dumps(["alone", mix])]
    processes = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    rows = []
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        rows.append(json.loads(process.communicate()[0]))
    rtf = max(row["seconds"] for row in rows) / sum(row["audio"] for row in rows)
    busy = sum(row["busy"] for row in rows) / sum(row["audio"] for row in rows)
    return {
        "RTF of both": round(rtf, 3),
        "CPU seconds a second": round(busy, 3),
        "MB each": max(row["MB"] for row in rows),
    }


MEASUREMENTS = {
    "size": [("size", mix) for mix in (*MIXES, *MATRIX)],
    "load": [("load", mix) for mix in MIXES],
    "decode": [("decode", mix, batch) for mix in MIXES for batch in (1, 4, 8, 16)],
    "chain": [("chain", mix) for mix in (*MIXES, *MATRIX)] + [("chain", "int8", 1)],
    "batch": [("batch", "int8", segments) for segments in (1, 2, 4, 8, 16)]
    + [("batch", "int8", 2, text) for text in (10, 40, 80)],
    "pair": [("pair", mix) for mix in ("int8", *MATRIX)],
    "memory": [("memory", mix) for mix in MIXES],
    "window": [("window", "int8", seconds) for seconds in (3, 6, 12)],
    "short": [("short", "int8", text) for text in (10, 20, 50)],
}


def main(arguments: list[str]) -> None:
    folder = Path(arguments[0])
    if arguments[1:2] == ["--one"]:
        name, *rest = json.loads(arguments[2])
        print(json.dumps(globals()[name](folder, *rest)))
        return
    for mix in (*MIXES, *MATRIX):
        bundle(folder, mix)
    print(f"{os.cpu_count()} cores; segments of {SECONDS:.2f} s\n")
    kept = folder / FIGURES
    figures = json.loads(kept.read_text(encoding="utf-8")) if kept.exists() else {}
    for name in arguments[1:] or MEASUREMENTS:
        figures[name] = []
        for measurement in MEASUREMENTS[name]:
            command = [sys.executable, "-m", __spec__.name, str(folder), "--one", json.dumps(measurement)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            row = json.loads(done.stdout.splitlines()[-1])
            print(f"{name} {measurement[1]}: " + ", ".join(f"{key} {value}" for key, value in row.items()), flush=True)
            figures[name].append({"mix": measurement[1], **row})
            kept.write_text(json.dumps(figures, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
