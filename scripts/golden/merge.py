"""Reference numbers for every data-free merge method: from mergekit where it has the method, else from float64 formulas.

    python3 -m venv /tmp/gold-venv
    /tmp/gold-venv/bin/pip install mergekit==0.1.5 peft==0.21.2
    /tmp/gold-venv/bin/python scripts/golden/merge.py packages/engine/test/golden/merge [scratch folder]

Writes base.safetensors, m1 to m4 and the other inputs, config.json, one file of expected tensors for each case, cases.json, and
adapters/ (merge_adapters.py). mergekit is run as a program on the F32 files, one process a case, and its outputs are kept in the
scratch folder (default /tmp/gold-scratch) so that a second run is quick. Every result of mergekit is compared with the float64
formula as well; the last lines say how far they are apart. Comparisons are by tensor: max |difference| / max |expected|.
"""

import hashlib
import json
import os
import pathlib
import subprocess
import sys
from importlib.metadata import version

import numpy as np
import yaml
from safetensors.numpy import load_file, save_file

from merge_adapters import write_adapters
from merge_cases import CODE, configurations, merges, parents
from merge_formulas import FORMULAS, combine, emr
from merge_inputs import CONFIG, SAMPLE, SHAPES, WHOLE_CONFIG, main_inputs, tie_inputs, whole_inputs

out = pathlib.Path(sys.argv[1]).resolve()
scratch = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "/tmp/gold-scratch").resolve()
MERGEKIT = f"mergekit {version('mergekit')}"


def write_json(path, value):
    path.write_text(json.dumps(value, indent=1) + "\n")


def save(path, tensors):
    path.parent.mkdir(parents=True, exist_ok=True)
    as_stored = lambda value: np.ascontiguousarray(value if value.dtype == np.uint8 else value.astype(np.float32))
    save_file({name: as_stored(np.asarray(value)) for name, value in tensors.items()}, path, metadata={"format": "pt"})


def models_of(config):
    """Every entry of a configuration that names a model, as (holder, key)."""
    listed = [*config.get("models", []), *(source for part in config.get("slices", []) for source in part["sources"])]
    return [(config, "base_model")] * ("base_model" in config) + [(entry, "model") for entry in listed]


def run_mergekit(config, seed=0):
    """The tensors mergekit writes for a configuration whose models are names of inputs: files, or folders of whole Llamas."""
    config = json.loads(json.dumps(config))
    digest = hashlib.sha256(json.dumps([config, seed, MERGEKIT]).encode())
    whole = False
    for label in dict.fromkeys(entry[key] for entry, key in models_of(config)):
        digest.update((out / f"{label}.safetensors").read_bytes())
    for entry, key in models_of(config):
        path = out / f"{entry[key]}.safetensors"
        if entry[key] in whole_models:
            whole, path = True, scratch / entry[key]
        entry[key] = str(path)
    folder = scratch / digest.hexdigest()[:24]
    if not any((folder / "out").glob("*.safetensors")):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
        program = pathlib.Path(sys.executable).parent / ("mergekit-yaml" if whole else "mergekit-pytorch")
        environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
        command = [program, folder / "config.yaml", folder / "out", "--random-seed", str(seed), "--quiet"]
        done = subprocess.run(command + ["--no-copy-tokenizer"] * whole, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"mergekit failed on {config}:\n{done.stderr[-3000:]}")
    (written,) = (folder / "out").glob("*.safetensors")
    return load_file(written)


def in_float64(tensors):
    return {name: value.astype(np.float64) for name, value in tensors.items()}


def compute(recipe):
    own = [{key: value for key, value in parent.items() if key != "model"} for parent in recipe["parents"]]
    loaded = [models[parent["model"]] for parent in recipe["parents"]]
    base = models[recipe["base"]] if "base" in recipe else None
    if "exclude" in recipe:
        left = [name for name in base if not any(name.startswith(glob.rstrip("*")) for glob in recipe["exclude"])]
        base, *loaded = ({name: model[name] for name in left} for model in (base, *loaded))
    return FORMULAS[recipe["method"]](base, loaded, own, **recipe["parameters"])


def apart(a, b):
    return max(float(np.max(np.abs(a[name] - b[name])) / max(np.max(np.abs(b[name])), 1e-30)) for name in b)


def write_merge(case):
    tensors = case.pop("tensors")
    result = in_float64(compute(case["recipe"]))
    if case["mergekit"]:
        formula, result = result, run_mergekit(case["mergekit"])
        case["source"] = MERGEKIT
        differences[case["name"]] = apart(formula, in_float64(result))
    case["expected"] = f"{case['name']}.safetensors"
    save(out / case["expected"], {name: result[name] for name in sorted(tensors or result)})
    return case


def write_configuration(case):
    result = run_mergekit(case["mergekit"])
    case |= {"source": MERGEKIT, "expected": f"{case['name']}.safetensors"}
    save(out / case["expected"], dict(sorted(result.items())))
    return case


def write_emr():
    """EMR gives one vector, masks and scalers of the tasks, and each task's weights: no single checkpoint."""
    labels = ("m1", "m2", "m3")
    unified, masks, scalers, restored = emr(models["base"], [models[label] for label in labels])
    tensors = {f"unified.{name}": value for name, value in unified.items()}
    for i, mask in enumerate(masks):
        tensors |= {f"mask.{i}.{name}": mask[name].astype(np.uint8) for name in SAMPLE}
        tensors |= {f"task.{i}.{name}": restored[i][name] for name in SAMPLE}
    tensors |= {f"scaler.{key}": np.array(value) for key, value in scalers.items()}
    save(out / "emr.safetensors", tensors)
    return {
        "name": "emr", "type": "parts", "source": CODE, "mergekit": None, "expected": "emr.safetensors", "tolerance": 1e-6,
        "recipe": {"method": "emr", "base": "base", "parents": parents(*labels), "parameters": {}, "seed": 0},
        "note": "unified.*: the one vector (a difference to the base). mask.i.*: one byte for each element of task i. scaler.tensorMeans: "
        "for each task, sum over tensors of mean |delta| by that of the masked vector, as in the authors' code; scaler.global: the same "
        "with sums over all elements. task.i.*: base + scaler.tensorMeans[i] * mask * unified.",
    }


def della_chances(delta, density, epsilon):
    """The chance to be kept of each entry: linear in its rank by magnitude within its row."""
    rows = np.abs(delta.reshape(delta.shape[0] if delta.ndim > 1 else 1, -1))
    ranks = np.argsort(np.argsort(rows, axis=1, kind="stable"), axis=1)
    return (density - epsilon + 2 * epsilon * ranks / (rows.shape[1] - 1)).reshape(delta.shape)


def statistics(name, method, density, epsilon=None):
    settings = {"density": density} | ({} if epsilon is None else {"epsilon": epsilon})
    recipe = {"method": method, "base": "base", "parents": parents("m1", weight=1, **settings), "parameters": {"lambda": 1}, "seed": 0}
    deltas = {key: models["m1"][key] - models["base"][key] for key in SHAPES}
    chances = {key: np.full(d.shape, float(density)) if epsilon is None else della_chances(d, density, epsilon) for key, d in deltas.items()}
    changed = np.concatenate([chances[key][d != 0] for key, d in deltas.items()])
    size = np.concatenate([np.abs(d[d != 0]) / np.abs(d).max() for d in deltas.values()])
    large = np.concatenate([(np.abs(d) > np.median(np.abs(d[d != 0])))[d != 0] for d in deltas.values()])
    config = {"merge_method": method, "base_model": "base", "models": [{"model": "m1", "parameters": {"weight": 1, **settings}}], "dtype": "float32"}
    seen, slopes = [], []
    for seed in range(1, 7):
        merged = run_mergekit(config, seed)
        kept = np.concatenate([(merged[key] != models["base"][key].astype(np.float32))[d != 0] for key, d in deltas.items()])
        seen.append([kept.mean(), kept[large].mean(), kept[~large].mean()])
        moved = np.concatenate([(merged[key] - models["base"][key]).ravel() for key in deltas])
        whole = np.concatenate([d.ravel() for d in deltas.values()])
        slopes.append(moved @ whole / (whole @ whole))
    expected = {"keepRate": changed.mean(), "keepRateLarge": changed[large].mean(), "keepRateSmall": changed[~large].mean()}
    measured = dict(zip(expected, np.mean(seen, axis=0).tolist()))
    assert size.size == changed.size and all(abs(expected[key] - measured[key]) < 0.03 for key in expected), (expected, measured)
    return {
        "name": name, "type": "statistics", "source": PAPER_AND_MERGEKIT, "recipe": recipe, "mergekit": config, "expected": None,
        "tolerance": None,
        "statistics": {key: round(float(value), 9) for key, value in expected.items()}
        | {"changed": int(changed.size), "meanIsDelta": epsilon is None, "measuredWithMergekit": {key: round(value, 4) for key, value in measured.items()}},
        "note": "Over seeds, of the entries with a delta: the share that is kept, and that share among those above and below the median "
        "magnitude of their tensor. meanIsDelta: the mean over seeds of result - base is the delta (rescaled by 1/density); mergekit "
        f"rescales so that each tensor keeps its L1 norm instead, which gave {np.mean(slopes):.3f} times the delta over 6 seeds.",
    }


PAPER_AND_MERGEKIT = f"the formula; {MERGEKIT} measured over 6 seeds"
differences = {}
whole_models = whole_inputs()
models = main_inputs() | tie_inputs() | whole_models
out.mkdir(parents=True, exist_ok=True)
for label, tensors in models.items():
    save(out / f"{label}.safetensors", tensors)
write_json(out / "config.json", CONFIG)
write_json(out / "llama.config.json", WHOLE_CONFIG)
for label, tensors in whole_models.items():
    save(scratch / label / "model.safetensors", tensors)
    write_json(scratch / label / "config.json", WHOLE_CONFIG)
models = {label: in_float64(tensors) for label, tensors in models.items()}
cases = [write_merge(case) for case in merges()]
cases += [write_configuration(case) for case in configurations()]
cases.append(write_emr())
cases.append(statistics("dare-linear-statistics", "dare_linear", 0.4))
cases.append(statistics("dare-linear-statistics-sparse", "dare_linear", 0.1))
cases.append(statistics("della-linear-statistics", "della_linear", 0.5, 0.3))
cases += write_adapters(out, models, save, write_json, scratch)
(out / "cases.json").write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")

print(f"{len(cases)} cases, {sum(path.stat().st_size for path in out.rglob('*') if path.is_file())} bytes")
for name, difference in sorted(differences.items(), key=lambda item: -item[1]):
    print(f"{difference:.1e} {name}: mergekit to formula{'' if difference < 1e-6 else '  <-- look'}")
