"""Times mergekit on four synthetic BF16 models of 256 MB: linear and TIES.

    /tmp/gold-venv/bin/python scripts/golden/time-mergekit.py [scratch folder] [runs]

The venv is that of merge.py. Each model has 16 tensors of [1953, 4096]. Says the median of the runs (default 3), files in the
page cache: wall seconds, processor seconds and peak resident memory (mapped pages of the models included) of a process that does
what mergekit-yaml does, and the seconds of its main function alone, from when mergekit has been imported. On a busy machine only
the processor seconds mean something.
"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import time

import torch
import yaml
from safetensors.torch import save_file

scratch = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/tmp/gold-scratch/timing").resolve()
runs = int(sys.argv[2]) if len(sys.argv) > 2 else 3
TENSORS, ROWS, COLUMNS = 16, 1953, 4096
FLAGS = ["--lazy-unpickle", "--no-copy-tokenizer", "--no-write-model-card", "--quiet"]
IN_PROCESS = """
import sys, time
from mergekit.scripts.run_yaml import main
start = time.perf_counter()
main(sys.argv[1:], standalone_mode=False)
print("seconds", time.perf_counter() - start)
"""


def write_models():
    """A base and three others near it; an architecture mergekit does not know, so that it takes the tensors as they are."""
    config = {"architectures": ["TimingForCausalLM"], "model_type": "llama", "num_hidden_layers": TENSORS, "hidden_size": COLUMNS}
    for index in range(4):
        folder = scratch / f"model{index}"
        if (folder / "model.safetensors").exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {}
        for layer in range(TENSORS):
            base = torch.randn(ROWS, COLUMNS, generator=torch.Generator().manual_seed(layer)) * 0.05
            own = torch.randn(ROWS, COLUMNS, generator=torch.Generator().manual_seed(1000 * index + layer + 100)) * 0.002
            tensors[f"model.layers.{layer}.mlp.down_proj.weight"] = (base + own * (index > 0)).to(torch.bfloat16)
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
        (folder / "config.json").write_text(json.dumps(config))


def configurations():
    models = [str(scratch / f"model{index}") for index in range(4)]
    own = {"weight": 0.25}
    yield "linear", {"merge_method": "linear", "models": [{"model": model, "parameters": own} for model in models], "dtype": "bfloat16"}
    own = {"weight": 0.5, "density": 0.2}
    yield "ties", {
        "merge_method": "ties", "base_model": models[0], "dtype": "bfloat16",
        "models": [{"model": model, "parameters": own} for model in models[1:]],
    }


def measure(path):
    """Wall seconds and processor seconds of a process, those of mergekit's main function, and peak resident bytes."""
    shutil.rmtree(scratch / "out", ignore_errors=True)
    command = [sys.executable, "-c", IN_PROCESS, path, scratch / "out", *FLAGS]
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ | {"CUDA_VISIBLE_DEVICES": ""})
    output, errors = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status != 0:
        sys.exit(f"mergekit failed:\n{errors[-3000:]}")
    size = sum(file.stat().st_size for file in (scratch / "out").glob("*.safetensors"))
    assert size > TENSORS * ROWS * COLUMNS * 2, size
    return {
        "wallSeconds": seconds,
        "mainSeconds": float(output.split("seconds ")[1]),
        "processorSeconds": usage.ru_utime + usage.ru_stime,
        "peakRssMb": usage.ru_maxrss / 1024,
    }


write_models()
for method, config in configurations():
    path = scratch / f"{method}.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False))
    results = [measure(path) for _ in range(runs)]
    medians = {key: round(statistics.median(result[key] for result in results), 2) for key in results[0]}
    print(json.dumps({"method": method, "load": round(os.getloadavg()[0], 1), **medians}), flush=True)
