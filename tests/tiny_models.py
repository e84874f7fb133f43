"""Write small sentence-transformers models of several kinds, random but whole, into a folder.

Run in a process of its own, as the library imports torch only so: `python tiny_models.py FOLDER`.
Beside each lies NAME.expected: what `SentenceTransformer.encode` makes of TEXTS.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

TEXTS = [
    "Which tool explains bias in a model?",
    "bias",
    "A Serverless endpoint suits idle periods, and costs LESS between peaks. " * 12,
    "def f(x):\n    return {k: v ** 2}",
    " Überraschung: 東京 ",
]

_SHAPE = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "initializer_range": 0.3,  # or all texts would get about the same vector
}
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_PROMPTS = {"query": "search for: ", "passage": "a passage of notes: "}


def build(folder: Path) -> None:
    """A BERT with a layer behind it, a RoBERTa of bytes, an MPNet, and word vectors alone."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Dense, Pooling, Transformer

    torch.manual_seed(0)
    kinds = {
        "bert-dense": (_bert, "cls", 64, _PROMPTS, None),
        "roberta": (_roberta, "mean", 48, {"ask": "Q: "}, "ask"),
        "mpnet": (_mpnet, "max", 40, {}, None),
    }
    _static(folder / "static")
    for name, (network, pooling, length, prompts, default) in kinds.items():
        source = folder / f"{name}-source"
        network(source)
        first = Transformer(str(source), max_seq_length=length)
        parts = [first, Pooling(32, pooling)]
        if "dense" in name:
            parts.append(Dense(32, 20, activation_function=torch.nn.Tanh()))
        model = SentenceTransformer(
            modules=parts, prompts=prompts, default_prompt_name=default, device="cpu"
        )
        model.save(str(folder / name))
        _expect(folder / name, name)


def _static(folder: Path) -> None:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    pieces = _pieces()
    words = StaticEmbedding(pieces._tokenizer, embedding_dim=16)
    SentenceTransformer(modules=[words], device="cpu").save(str(folder))
    _expect(folder, "static")


def _expect(folder: Path, name: str) -> None:
    """What a person gets from the library itself, for a question and for a passage."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    named = {"bert-dense": ("query", "passage"), "roberta": ("ask", "ask")}
    wanted = [
        model.encode(TEXTS, prompt_name=prompt, normalize_embeddings=True).tolist()
        for prompt in named.get(name, (None, None))
    ]
    folder.with_suffix(".expected").write_text(json.dumps(wanted), "utf-8")


def _words() -> list[str]:
    return [word for text in TEXTS for word in text.split()] * 4


def _pieces(*special: str, **more: str) -> Any:
    """A WordPiece tokenizer of whole words and letters. Trained ones are others in each process."""
    from tokenizers import BertWordPieceTokenizer

    normal = BertWordPieceTokenizer()
    words = sorted(set(re.findall(r"\w+|\S", normal.normalize(" ".join(TEXTS)))))
    letters = sorted(set("".join(words)))
    vocabulary = [*(special or _SPECIAL), *letters, *(f"##{letter}" for letter in letters), *words]
    numbered = {piece: number for number, piece in enumerate(dict.fromkeys(vocabulary))}
    return BertWordPieceTokenizer(numbered, **more)


def _bert(folder: Path) -> None:
    from transformers import BertConfig, BertModel, BertTokenizerFast

    pieces = _pieces()
    size = {"vocab_size": pieces.get_vocab_size(), "max_position_embeddings": 64}
    BertModel(BertConfig(**_SHAPE, **size)).save_pretrained(folder)
    BertTokenizerFast(tokenizer_object=pieces._tokenizer).save_pretrained(folder)


def _roberta(folder: Path) -> None:
    from tokenizers import ByteLevelBPETokenizer
    from tokenizers.processors import RobertaProcessing
    from transformers import PreTrainedTokenizerFast, RobertaConfig, RobertaModel

    pieces = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    pieces.train_from_iterator(_words(), vocab_size=400, min_frequency=1, special_tokens=special)
    pieces.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0))
    size = {"vocab_size": pieces.get_vocab_size(), "max_position_embeddings": 66}
    config = RobertaConfig(**_SHAPE, **size, pad_token_id=1, type_vocab_size=1)
    RobertaModel(config).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=pieces._tokenizer,
        bos_token="<s>",
        eos_token="</s>",
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(folder)


def _mpnet(folder: Path) -> None:
    from tokenizers.processors import TemplateProcessing
    from transformers import MPNetConfig, MPNetModel, PreTrainedTokenizerFast

    named = {"cls": "<s>", "pad": "<pad>", "sep": "</s>", "unk": "<unk>", "mask": "<mask>"}
    pieces = _pieces(*named.values(), **{f"{name}_token": one for name, one in named.items()})
    pieces._tokenizer.post_processor = TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    size = {"vocab_size": pieces.get_vocab_size(), "max_position_embeddings": 66}
    MPNetModel(MPNetConfig(**_SHAPE, **size, pad_token_id=1)).save_pretrained(folder)
    PreTrainedTokenizerFast(
        tokenizer_object=pieces._tokenizer,
        cls_token="<s>",
        sep_token="</s>",
        pad_token="<pad>",
        unk_token="<unk>",
    ).save_pretrained(folder)


if __name__ == "__main__":
    build(Path(sys.argv[1]))
