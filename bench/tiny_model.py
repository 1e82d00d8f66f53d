"""A real language model of a few megabytes, made on the spot: a GGUF file that llama.cpp loads and runs.

Two layers of a Llama. It reads words it knows as one token each and all others byte by byte. Untrained, it rambles.
With `says`, the weights from each token to the next are set so that it answers everything with that one sentence,
through the same attention and the same sampling as any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

CONTROL: Final = ("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>")
WORDS: Final = (
    "I a all and are as at but by can do for from had have he how in is it me my no not of on one or say she so that "
    "the there they this time to user assistant system up was we what when which who will with you your"
).split()
TEMPLATE: Final = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WIDTH: Final = 512
HEADS: Final = 8
LAYERS: Final = 2
INNER: Final = 256
CONTEXT: Final = 8192
SURE: Final = 40.0
"""Log odds of the next token of the sentence against any other."""


def vocabulary(says: str = "") -> list[str]:
    """Its tokens, as SentencePiece writes them: those that control, all bytes, words."""
    words = dict.fromkeys([*WORDS, *says.split()])
    return [*CONTROL, *(f"<0x{value:02X}>" for value in range(256)), *(f"▁{word}" for word in words)]


def make_tiny_model(path: Path, *, says: str = "", seed: int = 1) -> Path:
    """Write the model to `path` (….gguf). says: words, each once. Raises ImportError without the package `gguf`."""
    import gguf

    tokens = vocabulary(says)
    if len(set(says.split())) < len(says.split()):
        raise ValueError("says: a word comes twice; each word says which is the next")
    writer = gguf.GGUFWriter(str(path), "llama")
    writer.add_name("tiny")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(LAYERS)
    writer.add_feed_forward_length(INNER)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(len(tokens))
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    kinds = gguf.TokenType
    types = [kinds.UNKNOWN, *[kinds.CONTROL] * 4, *[kinds.BYTE] * 256, *[kinds.NORMAL] * (len(tokens) - 261)]
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * 261 + [float(len(token)) for token in tokens[261:]])
    writer.add_token_types(types)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(4)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(False)
    writer.add_add_space_prefix(False)
    writer.add_chat_template(TEMPLATE)
    for name, values in _weights(tokens, says.split(), seed).items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _weights(tokens: Sequence[str], says: Sequence[str], seed: int) -> dict[str, NDArray[np.float32]]:
    random = np.random.default_rng(seed)

    def some(*shape: int) -> NDArray[np.float32]:
        return np.asarray(random.standard_normal(shape) / np.sqrt(shape[-1]), np.float32)

    count = len(tokens)
    place = np.eye(count, WIDTH, dtype=np.float32) * np.float32(np.sqrt(WIDTH))
    found: dict[str, Any] = {"token_embd.weight": place, "output_norm.weight": np.ones(WIDTH, np.float32)}
    for layer in range(LAYERS):
        block = {
            "attn_norm": np.ones(WIDTH, np.float32),
            "ffn_norm": np.ones(WIDTH, np.float32),
            **{f"attn_{part}": some(WIDTH, WIDTH) for part in ("q", "k", "v", "output")},
            "ffn_gate": some(INNER, WIDTH),
            "ffn_up": some(INNER, WIDTH),
            "ffn_down": some(WIDTH, INNER),
        }
        found |= {f"blk.{layer}.{name}.weight": values for name, values in block.items()}
    out = some(count, WIDTH)
    if says:  # the newline after "assistant" leads to the first word, each word to the next, the last to the end
        after = [tokens.index("<0x0A>"), *(tokens.index(f"▁{word}") for word in says)]
        before = [*after[1:], tokens.index("<|im_end|>")]
        for now, then in zip(after, before, strict=True):
            out[then, now] += np.float32(SURE / np.sqrt(WIDTH))
    found["output.weight"] = out
    return found
