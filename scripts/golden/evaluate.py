"""What the tiny GPT-2 and T5 of packages/engine/src/runtime/golden score by Hugging Face transformers in float64, one text at a time.

    venv/bin/python scripts/golden/evaluate.py        # torch 2.15.0, transformers 5.24.0; writes packages/engine/test/golden/evaluate.json

Letters are tokens (packages/engine/test/language-models.ts). GPT-2 takes 9 tokens and its token 2 ends texts, so it also begins them.
"""

import json
import math
from pathlib import Path

import torch
from transformers import GPT2LMHeadModel, T5ForConditionalGeneration

ROOT = Path(__file__).resolve().parents[2] / "packages/engine"
LETTERS = ["<pad>", "</s>", "<unk>", " ", "\n"] + [chr(97 + i) for i in range(26)]
WINDOW, BEGIN, END = 9, 2, 1
NEW_TOKENS = 4

documents = ["abc", "the cat", "q", "a longer text than fits"]
questions = ["a", "b", "m", "q", "f", "xy", "lo", "w", "e", "h", "z", "it"]
choices = ["q", "xa", "ff", "mm k", "a"]
texts = ["a letter", "the word", "q", "long enough to be padded around", "abc"]
labels = ["yes", "no", "perhaps"]
prompts = ["ab", "q", "the "]

gpt2 = GPT2LMHeadModel.from_pretrained(ROOT / "src/runtime/golden/gpt2").double().eval()
t5 = T5ForConditionalGeneration.from_pretrained(ROOT / "src/runtime/golden/t5").double().eval()


def ids(text):
    return [LETTERS.index(letter) for letter in text]


@torch.no_grad()
def logs(tokens):
    """log p of every token after the first."""
    rows = gpt2(torch.tensor([tokens[:-1]])).logits[0].log_softmax(-1)
    return [rows[i, token].item() for i, token in enumerate(tokens[1:])]


def bits_per_token():
    nats = 0.0
    for document in documents:
        tokens = [BEGIN] + ids(document)
        for begin in range(0, len(tokens) - 1, WINDOW):
            nats -= sum(logs(tokens[begin : begin + WINDOW + 1]))
    return nats / sum(map(len, documents)) / math.log(2)


def choice_scores(question):
    """Sums over the letters of each choice, which follows without a space."""
    return [sum(logs([BEGIN] + ids(question + choice))[len(question) :]) for choice in choices]


@torch.no_grad()
def label_scores(text):
    scores = []
    for label in labels:
        target = torch.tensor([ids(label) + [END]])
        rows = t5(input_ids=torch.tensor([ids(text) + [END]]), labels=target).logits[0].log_softmax(-1)
        scores.append(sum(rows[i, token].item() for i, token in enumerate(target[0].tolist())))
    return scores


@torch.no_grad()
def greedy(prompt):
    tokens = [BEGIN] + ids(prompt)
    for _ in range(NEW_TOKENS):
        following = gpt2(torch.tensor([tokens])).logits[0, -1].argmax().item()
        if following == 2:
            break
        tokens.append(following)
    # Special tokens are not written.
    return "".join(LETTERS[token] for token in tokens[1 + len(prompt) :] if token > 2)


best = lambda scores: max(range(len(scores)), key=scores.__getitem__)
lengths = [len(choice) for choice in choices]
expected = {
    "gpt2": {
        "documents": documents,
        "bitsPerToken": bits_per_token(),
        "questions": questions,
        "choices": choices,
        "bySum": [best(choice_scores(question)) for question in questions],
        "byTokens": [best([s / n for s, n in zip(choice_scores(question), lengths)]) for question in questions],
        "prompts": prompts,
        "newTokens": NEW_TOKENS,
        "answers": [greedy(prompt) for prompt in prompts],
    },
    "t5": {
        "texts": texts,
        "labels": labels,
        "bySum": [best(label_scores(text)) for text in texts],
        "byTokens": [best([s / (len(label) + 1) for s, label in zip(label_scores(text), labels)]) for text in texts],
    },
}
(ROOT / "test/golden/evaluate.json").write_text(json.dumps(expected, indent=2) + "\n")
