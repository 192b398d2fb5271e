"""Models of the shapes that the neural voices read, made on the spot: each symbol is a tone of its pitch and length.

What they say is nonsense; when they say it is known to the sample.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

HOP_KOKORO, HOP_PIPER = 600, 256
"""Samples of one frame, the unit of a symbol's length."""
SILENT = frozenset(' ,.;:!?_^$—…"()“”')
STYLES = ("af_heart", "bf_emma", "ef_dora", "am_adam")


def frames(symbol: str) -> int:
    """How many frames `symbol` lasts."""
    return 4 if symbol in SILENT else 2 + ord(symbol[0]) % 5


def _tables(ids: dict[str, int]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """By id: the length in frames, the pitch in cycles a sample, and the strength of a symbol's tone."""
    count = max(ids.values()) + 1
    length, pitch, strength = np.full(count, 2, np.float32), np.zeros(count, np.float32), np.zeros(count, np.float32)
    for symbol, number in ids.items():
        length[number] = frames(symbol)
        pitch[number] = 0.01 + 0.0005 * (number % 60)
        strength[number] = 0.0 if symbol in SILENT else 0.4
    return length, pitch, strength


class _Graph:
    """Nodes and constants of a model that grows line by line."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def value(self, array: np.ndarray) -> str:
        name = f"c{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def do(self, kind: str, *inputs: str, out: str = "", **attributes: object) -> str:
        name = out or f"n{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def sounding(self, ids: str, lengths: str, hop: int, tables: tuple[np.ndarray, ...], out: str) -> None:
        """The tones of `ids`, shape (n,), each as many frames of `hop` samples long as `lengths` says."""
        ends = self.do("CumSum", lengths, self.value(np.array(0)))
        total = self.do("Mul", self.do("ReduceSum", lengths, keepdims=0), self.value(np.array(float(hop), np.float32)))
        whole = self.do("Cast", total, to=TensorProto.INT64)
        places = self.do("Range", self.value(np.array(0)), whole, self.value(np.array(1)))
        at = self.do("Cast", places, to=TensorProto.FLOAT)
        limits = self.do("Mul", ends, self.value(np.array(float(hop), np.float32)))
        row = self.do("Unsqueeze", limits, self.value(np.array([0])))
        column = self.do("Unsqueeze", at, self.value(np.array([1])))
        passed = self.do("Cast", self.do("GreaterOrEqual", column, row), to=TensorProto.INT64)
        index = self.do("ReduceSum", passed, self.value(np.array([1])), keepdims=0)
        symbol = self.do("Gather", ids, index)
        pitch = self.do("Gather", self.value(tables[1]), symbol)
        strength = self.do("Gather", self.value(tables[2]), symbol)
        turn = self.do("Mul", self.do("Mul", at, pitch), self.value(np.array(2 * np.pi, np.float32)))
        self.do("Mul", self.do("Sin", turn), strength, out=out)

    def save(self, path: Path, inputs: list[onnx.ValueInfoProto], outputs: list[onnx.ValueInfoProto]) -> None:
        graph = helper.make_graph(self.nodes, "tiny", inputs, outputs, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        onnx.checker.check_model(model)
        onnx.save(model, str(path))


def kokoro(folder: Path, saying: np.ndarray | None = None) -> Path:
    """A model with the inputs and outputs of kokoro-onnx's release 1.1, and its file of voices.

    One that is `saying` something says that whatever it is told, and not when, as the models of release 1.0.
    """
    from kokoro_onnx.config import DEFAULT_VOCAB

    graph = _Graph()
    tables = _tables(DEFAULT_VOCAB)
    ids = graph.do("Squeeze", "tokens", graph.value(np.array([0])))
    usual = graph.do("Gather", graph.value(tables[0]), ids)
    lengths = graph.do("Ceil", graph.do("Div", usual, "speed"))
    graph.sounding(ids, lengths, HOP_KOKORO, tables, "plain")
    # Something of the style, so that another voice sounds otherwise.
    mean = graph.do("ReduceMean", "style", keepdims=0)
    graph.do("Mul", "plain", mean, out="audio" if saying is None else "tones")
    graph.do("Cast", lengths, out="duration", to=TensorProto.INT64)
    if saying is not None:
        graph.do("Identity", graph.value(saying), out="audio")
    folder.mkdir(parents=True, exist_ok=True)
    graph.save(
        folder / "kokoro-v1.0.fp16.onnx",
        [
            helper.make_tensor_value_info("tokens", TensorProto.INT64, [1, "n"]),
            helper.make_tensor_value_info("style", TensorProto.FLOAT, [1, 256]),
            helper.make_tensor_value_info("speed", TensorProto.FLOAT, [1]),
        ],
        [helper.make_tensor_value_info("audio", TensorProto.FLOAT, ["samples"])]
        + [helper.make_tensor_value_info("duration", TensorProto.INT64, ["tokens_and_pads"])] * (saying is None),
    )
    styles = {name: np.full((510, 1, 256), 0.5 + 0.1 * place, np.float32) for place, name in enumerate(STYLES)}
    with (folder / "voices-v1.0.bin").open("wb") as file:
        np.savez(file, **styles)
    return folder


def piper(folder: Path, voice: str, *, lang: str = "en-us", speakers: int = 1, timed: bool = True) -> Path:
    """A voice with the inputs and output of Piper's exports, and its settings. Its noise is as random as theirs."""
    from piper.phoneme_ids import DEFAULT_PHONEME_ID_MAP

    graph = _Graph()
    tables = _tables({symbol: numbers[0] for symbol, numbers in DEFAULT_PHONEME_ID_MAP.items()})
    tables[0][0] = 1  # what pads
    ids = graph.do("Squeeze", "input", graph.value(np.array([0])))
    scale = graph.do("Gather", "scales", graph.value(np.array(1)))
    usual = graph.do("Mul", graph.do("Gather", graph.value(tables[0]), ids), scale)
    # Not every export has the one operation by which Piper knows where the lengths are.
    lengths = graph.do("Ceil" if timed else "Round", usual)
    graph.sounding(ids, lengths, HOP_PIPER, tables, "tones")
    breath = graph.do("RandomNormalLike", "tones", scale=0.001)
    loud = (
        graph.do("Add", graph.do("Cast", "sid", to=TensorProto.FLOAT), graph.value(np.array([1], np.float32)))
        if (speakers > 1)
        else graph.value(np.array([1], np.float32))
    )
    mixed = graph.do("Mul", graph.do("Add", "tones", breath), loud)
    graph.do("Unsqueeze", mixed, graph.value(np.array([0, 1])), out="output")
    folder.mkdir(parents=True, exist_ok=True)
    inputs = [
        helper.make_tensor_value_info("input", TensorProto.INT64, [1, "n"]),
        helper.make_tensor_value_info("input_lengths", TensorProto.INT64, [1]),
        helper.make_tensor_value_info("scales", TensorProto.FLOAT, [3]),
    ]
    if speakers > 1:
        inputs.append(helper.make_tensor_value_info("sid", TensorProto.INT64, [1]))
    # An input that nothing reads would be dropped, and Piper hands over all of them.
    graph.do("Identity", "input_lengths", out="unused")
    graph.save(
        folder / f"{voice}.onnx",
        inputs,
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 1, "samples"])],
    )
    settings = {
        "audio": {"sample_rate": 22050},
        "espeak": {"voice": lang},
        "phoneme_type": "espeak",
        "num_symbols": 256,
        "num_speakers": speakers,
        "speaker_id_map": {f"speaker{number}": number for number in range(speakers)} if speakers > 1 else {},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_id_map": DEFAULT_PHONEME_ID_MAP,
    }
    (folder / f"{voice}.onnx.json").write_text(json.dumps(settings))
    return folder
