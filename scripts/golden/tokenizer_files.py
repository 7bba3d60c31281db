"""Small tokenizer.json files of the families that networks come with, and what Python's `tokenizers` makes of some texts.

    venv/bin/pip install "tokenizers==0.23.3" "sentencepiece==0.2.3" protobuf transformers
    venv/bin/python scripts/golden/tokenizer_files.py packages/engine/src/runtime/golden/tokenizers

Writes <name>.json for each family, and expected.json: the texts, and for each family the ids of every text with the template's
special tokens, without them, and the text decoded from the latter.
"""

import json
import os
import sys
import tempfile

import sentencepiece
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers.convert_slow_tokenizer import import_protobuf

out = sys.argv[1]
os.makedirs(out, exist_ok=True)

CORPUS = [
    "the quick brown fox jumps over the lazy dog, and the dog does not mind at all.",
    "A merge of three models is better than the best of them; that is what the numbers say.",
    "weights, gradients and tokens: hello world, hello again, hello merging",
    "Ünïcödé isn't hard; it's 1234 times as easy as 5678 things we've done.",
]
TEXTS = [
    "",
    " ",
    "hello",
    "hello world",
    "  leading and trailing  ",
    "two  spaces   three",
    "tabs\tand\nnewlines\r\n\n end",
    "the merging of MODELS isn't hard, we'll say they've done it!",
    "Ünïcödé and cafe\u0301 combined",
    "日本語のテキスト と 中文",
    "🤗 emoji 👩‍👩‍👧‍👦 done",
    "ﬁ ligature ½ ① Ａ",
    "עברית العربية hello",
    "1234567890 3.14 1,000",
    "zero\u200bwidth \ufeffmark\u00a0nbsp",
    "nul\u0000inside",
    "ﬁ\u0301 e\u0301\u0323 Ａ\u0301 क्ष می\u200dخواهم",
    "<s> special </s> tokens <mask> in the text<pad>",
    "x" * 150,
    "hello world, again. " * 20,
    "...!?;: -- (a) [b] {c} \\ / _ ^ ~ ` | # @ $ % & * + =",
]
SIZE = 300


def special(*names):
    return [AddedToken(name, special=True) for name in names]


def roberta():
    """Bytes as characters, merges, <s> … </s>; the mask swallows the space before it."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    names = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=SIZE, special_tokens=names, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    return tokenizer


def gpt2():
    """The same without a template, padding or unknown token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=SIZE, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens(special("<|endoftext|>"))
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def qwen2():
    """Words cut by a pattern of its own, then bytes; NFC first."""
    pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=SIZE, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens(special("<|endoftext|>", "<|im_start|>", "<|im_end|>"))
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    return tokenizer


def llama3():
    """Qwen's way with another pattern, a template that only begins, and whole words looked up before merging."""
    pattern = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    split = pre_tokenizers.Split(Regex(pattern), "isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=SIZE, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens(special("<|begin_of_text|>", "<|end_of_text|>"))
    begin = tokenizer.token_to_id("<|begin_of_text|>")
    template = processors.TemplateProcessing(single="<|begin_of_text|> $A", pair="<|begin_of_text|> $A <|begin_of_text|> $B", special_tokens=[("<|begin_of_text|>", begin)])
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), template])
    return tokenizer


def llama():
    """SentencePiece's BPE: spaces become ▁, one stands before the text, unknown characters fall back to bytes; <s> … ."""
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    prepare = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.normalizer = prepare
    names = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=360, special_tokens=names)
    tokenizer.train_from_iterator(CORPUS, trainer)
    content = json.loads(tokenizer.to_str())
    # Byte tokens are part of the vocabulary only.
    content["added_tokens"] = content["added_tokens"][:3]
    tokenizer = Tokenizer.from_str(json.dumps(content))
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    return tokenizer


def charsmap():
    """A small table of replacements, compiled by SentencePiece as it compiles its large one."""
    rules = {"ﬁ": "fi", "Ａ": "A", "½": "1⁄2", "①": "1", "\t": " ", "\n": " ", "\r": " ", "\u00a0": " ", "\u200b": " ", "\ufeff": " ", "e\u0301": "é"}
    with tempfile.TemporaryDirectory() as folder:
        write = lambda name, text: open(os.path.join(folder, name), "w").write(text)
        hexes = lambda text: " ".join(f"{ord(character):X}" for character in text)
        write("rules.tsv", "".join(f"{hexes(source)}\t{hexes(target)}\n" for source, target in rules.items()))
        write("corpus.txt", "\n".join(CORPUS * 10))
        path = os.path.join(folder, "model")
        sentencepiece.SentencePieceTrainer.train(
            input=os.path.join(folder, "corpus.txt"), model_prefix=path, vocab_size=60, hard_vocab_limit=False, minloglevel=2,
            normalization_rule_tsv=os.path.join(folder, "rules.tsv"),
        )
        proto = import_protobuf().ModelProto()
        proto.ParseFromString(open(path + ".model", "rb").read())
    return proto.normalizer_spec.precompiled_charsmap


def t5_table():
    """T5 as it is published: SentencePiece's own normaliser, and blanks put together."""
    tokenizer = t5()
    tokenizer.normalizer = normalizers.Sequence([normalizers.Precompiled(charsmap()), normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "▁")])
    return tokenizer


def t5():
    """SentencePiece's Unigram: the likeliest cut into pieces; … </s>."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    trainer = trainers.UnigramTrainer(vocab_size=160, special_tokens=["<pad>", "</s>", "<unk>"], unk_token="<unk>")
    tokenizer.train_from_iterator(CORPUS * 4, trainer)
    tokenizer.add_special_tokens(special("<extra_id_0>", "<extra_id_1>"))
    tokenizer.post_processor = processors.TemplateProcessing(single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)])
    return tokenizer


expected = {"texts": TEXTS, "tokenizers": {}}
for build in (roberta, gpt2, qwen2, llama3, llama, t5, t5_table):
    tokenizer = build()
    with open(os.path.join(out, f"{build.__name__}.json"), "w") as file:
        json.dump(json.loads(tokenizer.to_str()), file, ensure_ascii=False, separators=(",", ":"))
        file.write("\n")
    plain = [tokenizer.encode(text, add_special_tokens=False).ids for text in TEXTS]
    expected["tokenizers"][build.__name__] = {
        "whole": [tokenizer.encode(text).ids for text in TEXTS],
        "plain": plain,
        "decoded": [tokenizer.decode(ids, skip_special_tokens=True) for ids in plain],
    }
    print(build.__name__, tokenizer.get_vocab_size(), sum(map(len, plain)))
with open(os.path.join(out, "expected.json"), "w") as file:
    json.dump(expected, file, ensure_ascii=False, separators=(",", ":"))
    file.write("\n")
