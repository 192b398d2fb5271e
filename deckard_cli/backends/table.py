"""The voices and faces that come with Deckard, as data: none of them is imported here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["BUILT_IN", "Backend", "Kind"]

Kind = Literal["voice", "face"]


@dataclass(frozen=True, slots=True)
class Backend:
    """One voice or face, described without importing it."""

    kind: Kind
    """Which protocol it fulfils."""
    name: str
    """What a person types."""
    target: str
    """``module:attribute``."""
    about: str
    """One line."""
    licence: str = ""
    """SPDX expression of what it runs on, or empty where it does not say."""
    package: str = "deckard-cli"
    """The distribution that brings it."""
    extra: str = ""
    """The extra of `package` that installs its libraries; empty for none."""
    libraries: tuple[str, ...] = ()
    """Importable names that have to be there."""
    needs: tuple[Literal["key", "gpu", "network"], ...] = ()
    """What it takes beside its library."""
    languages: str = "any"
    """Which languages, in words."""
    keys: tuple[str, ...] = ()
    """Environment variables that have to be set; ``A or B`` where either will do."""
    takes: tuple[str, ...] = ()
    """Environment variables that it reads where they are set."""
    models: tuple[str, ...] = ()
    """What the names of its models begin with: of each, one has to be here."""
    model_option: str = ""
    """The option that says which model, and may be the path of one of a person's own."""
    cost: float | None = 0.0
    """US dollars for a million characters of a voice, or a second of a face, with the model it uses unless told, at the
    list price of November 2026; None where that is the affair of whoever runs the server."""
    times: Literal["phones", "words", "aligned"] = "aligned"
    """What a voice knows the times of; the rest is found in its sound."""
    instant: bool = False
    """Whether it is quicker to make its speech again than to keep it."""
    films: bool = False
    """Whether it is a face on another machine, which sends back a finished film."""
    settles: tuple[str, ...] = ()
    """Environment variables, none of them secret, that decide how it sounds."""
    trained: bool = False
    """Whether it is a model that learned from recordings of people."""


BUILT_IN: Final = (
    Backend(
        kind="voice",
        name="espeak",
        target="deckard_cli.speech.espeak:Espeak",
        about="espeak-ng: a formant synthesiser with exact phone times",
        licence="GPL-3.0-or-later",
        libraries=("espeakng_loader",),
        languages="more than 100",
        times="phones",
        instant=True,
    ),
    Backend(
        kind="voice",
        name="recording",
        target="deckard_cli.speech.recording:Recording",
        about="sound that somebody recorded, given with --audio",
        libraries=("av",),
        instant=True,
    ),
    Backend(
        kind="voice",
        name="openai",
        target="deckard_cli.speech.openai:OpenAIVoice",
        about="OpenAI's speech endpoint",
        licence="LicenseRef-OpenAI-Terms",
        extra="openai",
        libraries=("openai",),
        needs=("key", "network"),
        keys=("OPENAI_API_KEY",),
        settles=("OPENAI_BASE_URL",),
        languages="about 50, as the text is written",
        cost=15.0,
        trained=True,
    ),
    Backend(
        kind="voice",
        name="openai-compatible",
        target="deckard_cli.speech.openai:CompatibleVoice",
        about="any server that speaks OpenAI's speech protocol",
        extra="openai",
        libraries=("openai",),
        needs=("network",),
        keys=("OPENAI_COMPATIBLE_BASE_URL",),
        takes=("OPENAI_COMPATIBLE_API_KEY",),
        settles=("OPENAI_COMPATIBLE_BASE_URL", "OPENAI_COMPATIBLE_MODEL"),
        languages="its model's",
        cost=None,
        trained=True,
    ),
    Backend(
        kind="voice",
        name="elevenlabs",
        target="deckard_cli.speech.elevenlabs:ElevenLabs",
        about="ElevenLabs, which tells when each letter is said",
        licence="LicenseRef-ElevenLabs-Terms",
        libraries=("httpx",),
        needs=("key", "network"),
        keys=("ELEVENLABS_API_KEY",),
        settles=("ELEVENLABS_BASE_URL",),
        languages="29, as the text is written",
        cost=100.0,
        times="words",
        trained=True,
    ),
    Backend(
        kind="voice",
        name="azure",
        target="deckard_cli.speech.azure:Azure",
        about="Azure AI Speech, by its REST interface",
        licence="LicenseRef-Microsoft-Terms",
        libraries=("httpx",),
        needs=("key", "network"),
        keys=("AZURE_SPEECH_KEY", "AZURE_SPEECH_REGION or AZURE_SPEECH_ENDPOINT"),
        settles=("AZURE_SPEECH_ENDPOINT",),
        languages="more than 100",
        cost=15.0,
        trained=True,
    ),
    Backend(
        kind="voice",
        name="kokoro",
        target="deckard_cli.speech.kokoro:Kokoro",
        about="Kokoro: a small neural voice on this machine",
        licence="Apache-2.0",
        extra="kokoro",
        libraries=("kokoro_onnx",),
        models=("kokoro",),
        model_option="model",
        languages="en-us, en-gb, es, fr, hi, it, pt-br",
        times="phones",
        trained=True,
    ),
    Backend(
        kind="voice",
        name="piper",
        target="deckard_cli.speech.piper:Piper",
        about="Piper: neural voices on this machine, a model each",
        licence="GPL-3.0-or-later",
        extra="piper",
        libraries=("piper",),
        models=("piper-",),
        model_option="voice",
        languages="about 40, each with a model of its own",
        times="phones",
        trained=True,
    ),
    Backend(
        kind="face",
        name="rig",
        target="deckard_cli.face.rig:Rig",
        about="the persona's own drawing, moved on the CPU",
        libraries=("cv2",),
    ),
    Backend(
        kind="face",
        name="direct",
        target="deckard_cli.face.direct:Direct",
        about="a lip-sync server of yours, asked at its address",
        libraries=("httpx",),
        needs=("network",),
        keys=("LIPSYNC_DIRECT_URL",),
        takes=("INTERNAL_API_KEY",),
        settles=("LIPSYNC_DIRECT_URL", "LIPSYNC_DIRECT_PREFERRED_PATH"),
        cost=None,
        films=True,
        trained=True,
    ),
    Backend(
        kind="face",
        name="runpod",
        target="deckard_cli.face.runpod:Runpod",
        about="an endpoint on RunPod: machines rented by the second",
        licence="LicenseRef-RunPod-Terms",
        libraries=("httpx",),
        needs=("key", "network"),
        keys=("RUNPOD_API_KEY", "RUNPOD_ENDPOINT_ID or RUNPOD_RUN_URL"),
        takes=("RUNPOD_STATUS_URL_TEMPLATE", "RUNPOD_UPLOAD_URL", "RUNPOD_DOWNLOAD_URL"),
        settles=("RUNPOD_ENDPOINT_ID", "RUNPOD_ENDPOINT_BASE_URL", "RUNPOD_RUN_URL"),
        cost=None,
        films=True,
        trained=True,
    ),
    Backend(
        kind="face",
        name="tavus",
        target="deckard_cli.face.tavus:Tavus",
        about="Tavus: a replica of somebody, filmed",
        licence="LicenseRef-Tavus-Terms",
        libraries=("httpx",),
        needs=("key", "network"),
        keys=("TAVUS_API_KEY",),
        takes=("TAVUS_AUDIO_UPLOAD_URL", "TAVUS_AUDIO_URL"),
        settles=("TAVUS_BASE_URL", "TAVUS_REPLICA_ID", "TAVUS_FACE_ID"),
        cost=None,
        films=True,
        trained=True,
    ),
)
