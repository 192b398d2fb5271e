"""The models that have a name here.

Each checksum and size is what several people who fetched the file wrote down alike; most are also what its makers
publish, the object names of Git LFS being SHA-256. A file without one, such as those of the voices of Piper's that are
not here, is trusted when it first comes, and recorded.
"""

from __future__ import annotations

import re
from typing import Final

from deckard_cli.errors import unknown
from deckard_cli.models import File, Model

__all__ = ["KNOWN", "find"]

_KOKORO: Final = "https://github.com/thewh1teagle/kokoro-onnx/releases/download/model-files-v1.1/"
"""The release whose exports tell how long each phoneme lasts; those of v1.0 do not."""
_PIPER: Final = "https://huggingface.co/rhasspy/piper-voices/resolve/c10ece1aade47bb51c153c893d14e5bf8e5b7117/"
"""One commit, so that the files of a voice are of one time and nobody changes them afterwards."""
_MUSETALK: Final = (
    "https://huggingface.co/TMElyralab/MuseTalk/resolve/3ef28bc5cff08c90ad8178a25f1b570cd800170f/musetalkV15/"
)
_PIPER_NAME: Final = re.compile(r"piper-(([a-z]{2,3})_[A-Z]{2})-([A-Za-z0-9_]+)-(x_low|low|medium|high)")
_PIPER_LICENCE: Final = "each voice's own, told in its MODEL_CARD"
_PIPER_MEDIUM: Final = 63_201_294
"""Bytes of every voice of medium quality with one speaker."""

_VOICES: Final = File(
    "voices-v1.0.bin",
    _KOKORO + "voices-v1.0.bin",
    28_214_398,
    "bca610b8308e8d99f32e6fe4197e7ec01679264efed0cac9140fe9c29f1fbf7d",
)


def _kokoro(name: str, file: str, size: int, sha256: str, precision: str) -> Model:
    return Model(
        name,
        (File(file, _KOKORO + file, size, sha256), _VOICES),
        f"the voice 'kokoro': 54 speakers, 6 languages, {precision}",
        "Apache-2.0",
    )


def _piper(
    voice: str, licence: str = _PIPER_LICENCE, model: str = "", config: str = "", size: int | None = None
) -> Model:
    """A voice such as ``en_US-lessac-medium``: the checksums of its model and its settings, the size of these."""
    found = _PIPER_NAME.fullmatch(f"piper-{voice}")
    assert found
    url = f"{_PIPER}{found[2]}/{found[1]}/{found[3]}/{found[4]}/{voice}.onnx"
    return Model(
        f"piper-{voice}",
        (
            File(f"{voice}.onnx.json", f"{url}.json", size, config),
            File(f"{voice}.onnx", url, _PIPER_MEDIUM if model else None, model),
        ),
        f"the voice 'piper': {found[3].replace('_', ' ')}, {found[1].replace('_', '-')}",
        licence,
    )


KNOWN: Final = (
    _kokoro(
        "kokoro",
        "kokoro-v1.0.fp16.onnx",
        163_527_961,
        "f3a290d384fbb27966d462905c71a46cef9e5fd00516b40df32a0b4afe77ac96",
        "half precision",
    ),
    _kokoro(
        "kokoro-fp32",
        "kokoro-v1.0.onnx",
        325_505_369,
        "beb0d1848dee9a49da392cc3df26958d46cfa35d321edf434f52949153f0df3a",
        "full precision",
    ),
    _kokoro(
        "kokoro-int8",
        "kokoro-v1.0.int8.onnx",
        114_119_327,
        "ae315a79b623f244700e4afb9246c46a26066782e049ba174bf3ba433970ee9c",
        "smallest, and not the quickest",
    ),
    _piper(
        "en_US-lessac-medium",
        "Blizzard 2013 (for research)",
        "5efe09e69902187827af646e1a6e9d269dee769f9877d17b16b1b46eeaaf019f",
        "efe19c417bed055f2d69908248c6ba650fa135bc868b0e6abb3da181dab690a0",
        4885,
    ),
    _piper(
        "en_US-ryan-medium",
        "CC-BY-NC-SA-4.0",
        "abf4c274862564ed647ba0d2c47f8ee7c9b717d27bdad9219100eb310db4047a",
        "44034c056cb15681b2ad494307c7f3f2e4499d1253c700c711fa0a4607ffe78d",
        4883,
    ),
    _piper(
        "en_GB-alba-medium",
        "CC-BY-4.0",
        "401369c4a81d09fdd86c32c5c864440811dbdcc66466cde2d64f7133a66ad03b",
        "aa965a2f02ecced632c2694e1fc72bbff6d65f265fab567ca945918c73dd89f4",
        4888,
    ),
    _piper(
        "de_DE-thorsten-medium",
        "CC0-1.0",
        "7e64762d8e5118bb578f2eea6207e1a35a8e0c30595010b666f983fc87bb7819",
        "974adee790533adb273a1ac88f49027d2a1b8f0f2cf4905954a4791e79264e85",
        4819,
    ),
    _piper(
        "fr_FR-siwis-medium",
        "CC-BY-4.0",
        "641d1ab097da2b81128c076810edb052b385decc8be3381814802a64a73baf99",
        "39479916c2db192b5ac9764daddd0c744d83e023ad890c6976c0633ae4df8959",
        4875,
    ),
    _piper(
        "es_ES-davefx-medium",
        _PIPER_LICENCE,
        "6658b03b1a6c316ee4c265a9896abc1393353c2d9e1bca7d66c2c442e222a917",
        "0e0dda87c732f6f38771ff274a6380d9252f327dca77aa2963d5fbdf9ec54842",
        4817,
    ),
    Model(
        "face-landmarker",
        (
            File(
                "face_landmarker.task",
                "https://storage.googleapis.com/mediapipe-models/face_landmarker/face_landmarker/float16/1/"
                "face_landmarker.task",
                3_758_596,
                "64184e229b263107bc2b804c6625db1341ff2bb731874b0bcc2fe6544e0bc9ff",
            ),
        ),
        "MediaPipe's face mesh; nothing here uses it yet",
        "Apache-2.0",
    ),
    Model(
        "wav2lip",
        (
            File(
                "wav2lip_gan.pth",
                "https://huggingface.co/camenduru/Wav2Lip/resolve/main/checkpoints/wav2lip_gan.pth",
                435_801_865,
                "ca9ab7b7b812c0e80a6e70a5977c545a1e8a365a6c49d5e533023c034d7ac3d8",
            ),
            File(
                "s3fd-619a316812.pth",
                "https://www.adrianbulat.com/downloads/python-fan/s3fd-619a316812.pth",
                89_843_225,
                "619a31681264d3f7f7fc7a16a42cbbe8b23f31a256f75a366e5a1bcd59b33543",
            ),
        ),
        "Wav2Lip and the face finder that goes with it; nothing here uses them yet",
        "not for commercial use (trained on LRS2)",
    ),
    Model(
        "musetalk",
        (
            File(
                "musetalk.json",
                _MUSETALK + "musetalk.json",
                748,
                "5b6923aee04d71692e0e9846c471e0a4ea07a4f686d39545e472bd4ba17e1b47",
            ),
            File(
                "unet.pth",
                _MUSETALK + "unet.pth",
                3_400_074_924,
                "7ebf6c98c181e20838e4c0054e96e944ac60d5d692cc01db42839fe11b787007",
            ),
            File(
                "sd-vae-ft-mse.safetensors",
                "https://huggingface.co/stabilityai/sd-vae-ft-mse/resolve/31f26fdeee1355a5c34592e401dd41e45d25a493/"
                "diffusion_pytorch_model.safetensors",
                334_643_276,
                "a1d993488569e928462932c8c38a0760b874d166399b14414135bd9c42df5815",
            ),
            File(
                "whisper-tiny.safetensors",
                "https://huggingface.co/openai/whisper-tiny/resolve/169d4a4341b33bc18d8881c4b69c2e104e1cc0af/"
                "model.safetensors",
                151_061_672,
                "7ebd0e69e78190ffe1438491fa05cc1f5c1aa3a4c4db3bc1723adbb551ea2395",
            ),
        ),
        "MuseTalk 1.5, its picture coder and its ear; nothing here uses them yet",
        "CreativeML Open RAIL-M, MIT, Apache-2.0",
    ),
)


def find(name: str) -> Model:
    """The model called `name`; ``piper-`` with the name of any Piper voice is one. Raises `UsageError` for no model."""
    for model in KNOWN:
        if model.name == name:
            return model
    if _PIPER_NAME.fullmatch(name):
        return _piper(name.removeprefix("piper-"))
    raise unknown("model", name, [model.name for model in KNOWN], list_with="deckard models list")
