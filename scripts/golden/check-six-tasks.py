"""Loads the six-tasks checkpoints with Hugging Face transformers and torch, and scores each expert on its own test split.

The accuracies must equal those of examples/six-tasks/results.json, which our runtime measured. Needs: torch, transformers 4.46.
    python scripts/golden/check-six-tasks.py
"""

import json
import pathlib
import sys

import torch
from transformers import AutoModel, AutoModelForMaskedLM, AutoModelForSequenceClassification, AutoTokenizer

example = pathlib.Path(__file__).resolve().parents[2] / "examples" / "six-tasks"
results = {row["name"]: row for row in json.loads((example / "results.json").read_text())["rows"]}
different = 0

base = example / "fixtures" / "base"
_, report = AutoModelForMaskedLM.from_pretrained(base, output_loading_info=True)
print("base as BertForMaskedLM: missing", report["missing_keys"], "unexpected", report["unexpected_keys"])
AutoModel.from_pretrained(base)

for task in json.loads((example / "example.json").read_text())["suite"]["tasks"]:
    folder = example / "fixtures" / task
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model, report = AutoModelForSequenceClassification.from_pretrained(folder, output_loading_info=True)
    model.eval()
    items = [json.loads(line) for line in (example / "tasks" / task / "test.jsonl").read_text().splitlines()]
    correct = 0
    for start in range(0, len(items), 64):
        part = items[start : start + 64]
        batch = tokenizer(
            [item["text"] for item in part], padding=True, truncation=True, max_length=64, return_tensors="pt"
        )
        with torch.no_grad():
            predicted = model(**batch).logits.argmax(-1)
        correct += sum(int(p) == item["label"] for p, item in zip(predicted.tolist(), part))
    ours = results[task]["scores"][task]
    difference = correct - round(ours["value"] * ours["n"])
    different += abs(difference)
    print(
        f"{task}: {correct / len(items):.4f} here, {ours['value']:.4f} with our runtime, {difference:+d} of {len(items)} items;",
        "missing", report["missing_keys"], "unexpected", report["unexpected_keys"],
    )
sys.exit(0 if different == 0 else 1)
