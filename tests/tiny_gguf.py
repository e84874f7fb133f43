"""A language model of some hundred kilobytes that llama.cpp runs. Its weights are random.

What it writes is nonsense, but reading, writing, stopping and waiting are as with any other.
"""

import random
import struct
from pathlib import Path

_U32, _I32, _F32, _STRING, _ARRAY = 4, 5, 6, 8, 9
_UNKNOWN, _CONTROL, _BYTE = 2, 3, 6
_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "assistant: "
)
CONTEXT = 8192


def write_model(path: Path, width: int = 64, layers: int = 1) -> Path:
    """Write one with `layers` of `width` to `path`. A token is a byte."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    kinds = [_UNKNOWN, _CONTROL, _CONTROL, *[_BYTE] * 256]
    values = {
        "general.architecture": _string("llama"),
        "llama.context_length": _u32(CONTEXT),
        "llama.embedding_length": _u32(width),
        "llama.block_count": _u32(layers),
        "llama.feed_forward_length": _u32(2 * width),
        "llama.attention.head_count": _u32(2),
        "llama.attention.layer_norm_rms_epsilon": struct.pack("<If", _F32, 1e-5),
        "tokenizer.ggml.model": _string("llama"),
        "tokenizer.ggml.tokens": _array(_STRING, [_text(token) for token in tokens]),
        "tokenizer.ggml.scores": _array(_F32, [struct.pack("<f", 0.0)] * len(tokens)),
        "tokenizer.ggml.token_type": _array(_I32, [struct.pack("<i", kind) for kind in kinds]),
        "tokenizer.ggml.bos_token_id": _u32(1),
        "tokenizer.ggml.eos_token_id": _u32(2),
        "tokenizer.chat_template": _string(_TEMPLATE),
    }
    tensors = _tensors(width, layers, len(tokens))
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(values))
    head += b"".join(_text(key) + value for key, value in values.items())
    body, noise = b"", random.Random(1)  # noqa: S311 - the same model each time
    for name, shape in tensors.items():
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(body))
        count = shape[0] * (shape[1] if len(shape) > 1 else 1)
        body += struct.pack(f"<{count}f", *(noise.uniform(-0.3, 0.3) for _ in range(count)))
        body += b"\0" * (-len(body) % 32)
    path.write_bytes(head + b"\0" * (-len(head) % 32) + body)
    return path


def _tensors(width: int, layers: int, tokens: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {
        "token_embd.weight": (width, tokens),
        "output_norm.weight": (width,),
        "output.weight": (width, tokens),
    }
    for layer in range(layers):
        block = f"blk.{layer}"
        shapes |= {f"{block}.{norm}.weight": (width,) for norm in ("attn_norm", "ffn_norm")}
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            shapes[f"{block}.{name}.weight"] = (width, width)
        shapes[f"{block}.ffn_gate.weight"] = shapes[f"{block}.ffn_up.weight"] = (width, 2 * width)
        shapes[f"{block}.ffn_down.weight"] = (2 * width, width)
    return shapes


def _text(words: str) -> bytes:
    data = words.encode()
    return struct.pack("<Q", len(data)) + data


def _string(words: str) -> bytes:
    return struct.pack("<I", _STRING) + _text(words)


def _u32(number: int) -> bytes:
    return struct.pack("<II", _U32, number)


def _array(kind: int, items: list[bytes]) -> bytes:
    return struct.pack("<IIQ", _ARRAY, kind, len(items)) + b"".join(items)
