"""Trains the network of `deckard_cli/speech/align/changes.py` and writes its `boundaries.npz`.

    cd tests/training && PYTHONPATH=.. uv run --with torch python boundaries.py FOLDER OUT [--without SPEAKER]

FOLDER keeps what the voices said, about 180 MB; OUT is the file. Without one speaker, whom `tests/` can then measure as
a voice that was never heard: the file in the package is without slt. An hour on one core, two thirds of it for what the
voices say. The network and the lengths of phones are trained as one: the loss is the likelihood of the true places
among all ways to place the boundaries (a conditional random field: Lafferty, McCallum and Pereira, ICML 2001), with
every recording moved a little along the mel axis, as by a throat of another length (Jaitly and Hinton, ICML Workshop
2013).
"""

from __future__ import annotations

import argparse
import difflib
import itertools
import pickle
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from voices import SPEAKERS, Said, said

from deckard_cli.speech.align.arpabet import USUAL
from deckard_cli.speech.align.changes import PAUSE, REACH
from deckard_cli.speech.align.spectrum import BANDS, HOP

NAMES: Final = (*USUAL, PAUSE)
NUMBER: Final = {name: number for number, name in enumerate(NAMES)}
ALIAS: Final = {"AX": "AH", "AXR": "ER", "IX": "IH", "DX": "D", "NX": "N", "HV": "HH", "EL": "L", "EM": "M", "EN": "N"}
"""Phones of Flite and Festival that the acoustic model has under another name."""
TAPS: Final = (-16, -12, -9, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 9, 12, 16)
"""Rows that are heard: dense where the change is, sparse to 80 ms on both sides."""
UNITS: Final = 64
SENTENCES, ROUNDS, TOGETHER = 160, 5, 16
"""Of each voice; over all of them; in one step."""
SHARP: Final = 0.006
"""Seconds: standard deviation of the truth."""
PAUSED: Final = 0.08
"""Seconds of a gap between words from which on it is a pause, where the truth is not known."""
SHORTEST, SHORTEST_PAUSE = 2, 8
"""Rows."""
WIDTH: Final = 2 * REACH + 1


@dataclass(frozen=True)
class Example:
    """A recording as the network is asked about it."""

    rows: Tensor
    chain: Tensor
    """A row for each boundary: phone that ends, phone that begins, row nearby, seconds of the truth or nan."""
    words: Tensor
    """A row for each pair of words: phone before and after, row where it ends and where the next begins, and 1 where a
    pause is between."""
    speed: float


def example(one: Said) -> Example:
    """What is asked about a recording, with what is true of it."""
    names = [segment.name for segment in one.segments]
    told = [ALIAS.get(name.upper(), name.upper()) for name, _, _ in one.phones]
    blocks = difflib.SequenceMatcher(None, told, names, autojunk=False).get_matching_blocks()
    true = {b + k: one.phones[a + k][1:] for a, b, size in blocks for k in range(size)}
    following = {b + k for _, b, size in blocks for k in range(size - 1)}
    nowhere = (np.nan, np.nan)
    chain = [(PAUSE, names[0], one.segments[0].start, true.get(0, nowhere)[0])]
    words = []
    for place, (before, here) in enumerate(itertools.pairwise(one.segments)):
        known = place in following
        end, start = (true[place][1], true[place + 1][0]) if known else nowhere
        silent = before.word != here.word and (start - end > 1e-3 if known else here.start - before.end > PAUSED)
        if silent:
            chain += [(before.name, PAUSE, before.end, end), (PAUSE, here.name, here.start, start)]
        else:
            chain.append((before.name, here.name, (before.end + here.start) / 2, end))
        if known and before.word != here.word:
            words.append((before.name, here.name, before.end, here.start, float(silent)))
    chain.append((names[-1], PAUSE, one.segments[-1].end, true.get(len(names) - 1, nowhere)[1]))
    lengths = [max(segment.end - segment.start, 0.01) / USUAL[segment.name] for segment in one.segments]
    return Example(
        torch.tensor(one.rows),
        torch.tensor([(NUMBER[a], NUMBER[b], round(at / HOP), near(time, at)) for a, b, at, time in chain]),
        torch.tensor([(NUMBER[a], NUMBER[b], round(e / HOP), round(s / HOP), p) for a, b, e, s, p in words]),
        float(np.log(1000 * np.median(lengths))),
    )


def near(true: float, guessed: float) -> float:
    """The truth, where it can be reached from the guess."""
    return true if abs(true - guessed) < 0.95 * REACH * HOP else np.nan


class Network(nn.Module):
    """As in `changes.py`, with what `Parameters` holds."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(BANDS * len(TAPS), UNITS)
        self.second = nn.Linear(UNITS, UNITS)
        self.ending = nn.Parameter(torch.randn(len(NAMES), UNITS) * 0.05)
        self.starting = nn.Parameter(torch.randn(len(NAMES), UNITS) * 0.05)
        self.moved = nn.Parameter(-torch.linspace(-4, 4, WIDTH).square() / 2)
        self.pausing = nn.Parameter(torch.zeros(len(NAMES)))
        self.lengths = nn.Parameter(torch.tensor([np.log(USUAL.get(name, 80) / 1000) for name in NAMES]).float())
        self.spreads = nn.Parameter(torch.full((len(NAMES),), np.log(0.5)))

    def heard(self, rows: Tensor) -> Tensor:
        """The inner answer at each row."""
        most = max(TAPS)
        padded = nn.functional.pad(rows.T[None], (most, most), mode="replicate")[0].T
        around = torch.cat([padded[most + tap :][: len(rows)] for tap in TAPS], dim=1)
        inner = nn.functional.dropout(self.first(around).relu(), 0.1, self.training)
        return self.second(inner).relu()

    def likelihoods(self, heard: Tensor, ending: Tensor, starting: Tensor, places: Tensor) -> Tensor:
        """Of each boundary at each row around its place, shape (boundaries, WIDTH)."""
        rows = places[:, None] + torch.arange(-REACH, REACH + 1)
        near = heard.index_select(0, rows.clamp(0, len(heard) - 1).flatten()).view(*rows.shape, -1)
        found = (near @ (self.ending[ending] + self.starting[starting])[:, :, None])[:, :, 0] + self.moved
        return found.masked_fill((rows < 0) | (rows >= len(heard)), -30)

    def passing(self, phones: Tensor, apart: Tensor, speeds: Tensor) -> Tensor:
        """The likelihood of the length of a phone from each place of its start to each of its end."""
        rows = apart[:, None] + torch.arange(-2 * REACH, 2 * REACH + 1)
        unusual = torch.log(rows.clamp(min=1) * HOP) - self.lengths[phones][:, None] - speeds[:, None]
        found = -(unusual / self.spreads[phones].exp()[:, None]).square() / 2
        found = found.masked_fill((phones == NUMBER[PAUSE])[:, None], 0).masked_fill(rows < SHORTEST, -30)
        return found.clamp(min=-30).exp().unfold(1, WIDTH, 1).flip(1)

    def pauses(self, heard: Tensor, words: Tensor) -> Tensor:
        """Log odds of a pause between two words."""
        before, after, ends, starts = words[:, :4].long().T
        pause = torch.full_like(before, NUMBER[PAUSE])
        without = self.likelihoods(heard, before, after, (ends + starts) // 2).logsumexp(1)
        into, out = self.likelihoods(heard, before, pause, ends), self.likelihoods(heard, pause, after, starts)
        count = torch.arange(WIDTH)
        short = (starts - ends)[:, None, None] + count - count[:, None] < SHORTEST_PAUSE
        within = (into[:, :, None] + out[:, None, :]).masked_fill(short, -30).flatten(1).logsumexp(1)
        return within - without + self.pausing[after]


def loss(network: Network, batch: Sequence[Example]) -> Tensor:
    """How unlikely the true places are, a boundary, and the true pauses, a pair of words."""
    offsets = np.cumsum([0, *(len(one.rows) for one in batch)]).tolist()
    heard = network.heard(torch.cat([varied(one.rows) for one in batch]))
    chain = nn.utils.rnn.pad_sequence([one.chain for one in batch], batch_first=True, padding_value=-1)
    lengths = torch.tensor([len(one.chain) for one in batch])
    ending, starting = chain[..., 0].long().clamp(min=0), chain[..., 1].long().clamp(min=0)
    places = (chain[..., 2] + torch.randn(chain.shape[:2]) * 0.6).round().long()
    shifted = places + torch.tensor(offsets[:-1])[:, None]
    likely = network.likelihoods(heard, ending.flatten(), starting.flatten(), shifted.flatten()).view(*places.shape, -1)
    off = (places[..., None] + torch.arange(-REACH, REACH + 1)) * HOP - chain[..., 3:]
    true = (-(off / SHARP).square() / 2).nan_to_num(0.0)
    both = torch.stack([likely, likely + true], dim=2).float()
    state = both[:, 0]
    speeds = torch.tensor([one.speed for one in batch])
    for at in range(1, places.shape[1]):
        ways = network.passing(starting[:, at - 1], places[:, at] - places[:, at - 1], speeds)
        most = state.amax(-1, keepdim=True).detach()
        reached = torch.log((state - most).exp() @ ways + 1e-30) + most + both[:, at]
        state = torch.where((at < lengths)[:, None, None], reached, state)
    anywhere, truly = state.logsumexp(-1).T
    words = torch.cat([one.words + offset_words(one, at) for one, at in zip(batch, offsets, strict=False)])
    pauses = nn.functional.binary_cross_entropy_with_logits(network.pauses(heard, words), words[:, 4].float())
    return (anywhere - truly).sum() / (~chain[..., 3].isnan() & (chain[..., 0] >= 0)).sum() + pauses


def offset_words(one: Example, rows: int) -> Tensor:
    """What moves the places of words by that many rows."""
    return torch.tensor([0, 0, rows, rows, 0]).expand(len(one.words), 5)


def varied(rows: Tensor) -> Tensor:
    """A recording as by another throat, through another microphone."""
    bands = (torch.arange(BANDS) * float(np.exp(np.random.uniform(-0.2, 0.2)))).clamp(max=BANDS - 1.001)
    low = bands.floor().long()
    moved = rows[:, low] * (1 - (bands - low)) + rows[:, low + 1] * (bands - low)
    across = torch.linspace(-1, 1, BANDS)
    colour = 0.15 * torch.randn(1) * across + 0.1 * torch.randn(1) * (across.square() - 1 / 3)
    return moved + colour + 0.06 * torch.randn(BANDS) + 0.1 * torch.randn(1) + 0.1 * torch.randn_like(rows)


def trained(examples: list[Example]) -> Network:
    """The network after all rounds."""
    examples.sort(key=lambda one: len(one.chain))
    network = Network()
    steps = len(examples) // TOGETHER
    adam = torch.optim.AdamW(network.parameters(), weight_decay=1e-3)
    rate = torch.optim.lr_scheduler.OneCycleLR(adam, 4e-3, total_steps=ROUNDS * steps)
    for number in range(ROUNDS):
        losses = []
        for at in torch.randperm(steps).tolist():
            wrong = loss(network, examples[at * TOGETHER :][:TOGETHER])
            adam.zero_grad()
            wrong.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 5.0)
            adam.step()
            rate.step()
            losses.append(wrong.item())
        sys.stderr.write(f"round {number + 1} of {ROUNDS}: loss {np.mean(losses):.4f}\n")
    return network


def written(network: Network, path: Path) -> None:
    """Half precision: nothing is found elsewhere for it."""
    values = {name: value.detach().numpy() for name, value in network.named_parameters()}
    layers = {
        name: np.vstack([values.pop(f"{name}.weight").T, values.pop(f"{name}.bias")]) for name in ("first", "second")
    }
    values["spreads"] = np.exp(values["spreads"])
    halves = {name: value.astype(np.float16) for name, value in (values | layers).items()}
    np.savez(path, names=np.array(NAMES), taps=np.array(TAPS, dtype=np.int8), **halves)


def spoken(speaker: str, folder: Path) -> list[Example]:
    """What a speaker says, from FOLDER where it has been said before."""
    found = []
    for program, voice in SPEAKERS[speaker]:
        path = folder / f"{program}-{voice}.pickle"
        if not path.exists():
            path.write_bytes(pickle.dumps(list(said(program, voice, SENTENCES, 0, folder))))
        found += [example(one) for one in pickle.loads(path.read_bytes())]
    return found


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--without", choices=SPEAKERS)
    wanted = parser.parse_args()
    wanted.folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    np.random.seed(0)
    torch.set_num_threads(1)
    examples = [one for speaker in SPEAKERS if speaker != wanted.without for one in spoken(speaker, wanted.folder)]
    written(trained(examples), wanted.out)


if __name__ == "__main__":
    main()
