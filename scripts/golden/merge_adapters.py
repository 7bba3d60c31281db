"""Three tiny LoRA adapters as PEFT writes them, what PEFT makes of them, extraction by truncated SVD, and RobustMerge.

Files go to adapters/. Results are compared as products B·A (with the scaling), because factors are not unique.
"""

import json
import shutil
import subprocess
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from safetensors.numpy import load_file
from transformers import LlamaConfig, LlamaForCausalLM

from merge_inputs import CONFIG, IN_LAYERS, SAMPLE

PEFT = f"peft {version('peft')}"
ADAPTERS = {
    "a1": {"r": 8, "lora_alpha": 16},
    "a2": {"r": 8, "lora_alpha": 8},
    "a3": {"r": 4, "lora_alpha": 12, "use_rslora": True},
}
MODULES = [name.removesuffix(".weight") for name in IN_LAYERS]
SHOWN = [name.removesuffix(".weight") for name in SAMPLE if name in IN_LAYERS]
PREFIX = "base_model.model."


def llama(tensors):
    """The tensors the inputs lack are random; nothing here looks at them."""
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(**{key: value for key, value in CONFIG.items() if key not in ("architectures", "model_type")}))
    missing, unexpected = model.load_state_dict({name: torch.tensor(value).float() for name, value in tensors.items()}, strict=False)
    assert not unexpected and not any(name in tensors for name in missing), (missing, unexpected)
    return model.eval()


def with_adapters(tensors, factors):
    """A PEFT model with the named adapters."""
    model = None
    for label, settings in ADAPTERS.items():
        config = LoraConfig(target_modules=["q_proj", "down_proj"], lora_dropout=0.0, bias="none", task_type="CAUSAL_LM", **settings)
        if model is None:
            model = get_peft_model(llama(tensors), config, adapter_name=label)
        else:
            model.add_adapter(label, config)
        for module in MODULES:
            layer = model.get_submodule(PREFIX + module)
            a, b = factors[label][module]
            layer.lora_A[label].weight.data = torch.tensor(a)
            layer.lora_B[label].weight.data = torch.tensor(b)
    return model


def make_factors(base):
    """Products of 1 to 10 % of the base's size."""
    random = np.random.default_rng(31)
    factors = {}
    for label, settings in ADAPTERS.items():
        factors[label] = {}
        for module in MODULES:
            outputs, inputs = base[module + ".weight"].shape
            rank = settings["r"]
            a = random.normal(0, 1 / np.sqrt(inputs), (rank, inputs)) * random.uniform(0.8, 1.2, (rank, 1))
            # Every row has entries that survive a trim to a fifth, as rows of real width do.
            for row in a:
                row[random.choice(inputs, 2, replace=False)] += random.choice([-1, 1], 2) * random.uniform(0.5, 0.8, 2)
            b = random.laplace(0, 0.004, (outputs, rank))
            factors[label][module] = a.astype(np.float32), b.astype(np.float32)
    return factors


def scaling(label):
    settings = ADAPTERS[label]
    return settings["lora_alpha"] / (np.sqrt(settings["r"]) if settings.get("use_rslora") else settings["r"])


def products(model, adapter, modules):
    return {f"{module}.weight": model.get_submodule(PREFIX + module).get_delta_weight(adapter).detach().numpy() for module in modules}


def robust_merge(factors, labels, c, keep, ratio):
    """Zeng et al. 2025: trim the factors, scale the columns of B by what trimming took from the rows of A."""

    def trimmed(value):
        rank = int(value.size * (1 - keep))
        return np.where(np.abs(value) >= np.sort(np.abs(value).ravel())[rank - 1], value, 0)

    result = {}
    for module in MODULES:
        a = [factors[label][module][0].astype(np.float64) for label in labels]
        b = [trimmed(factors[label][module][1].astype(np.float64)) for label in labels]
        short = [trimmed(value) for value in a]
        assert all(np.abs(value).sum(axis=1).min() > 0 for value in short), f"a row of A is gone in {module}"
        scales = np.array([np.abs(value).sum(axis=1) / np.abs(cut).sum(axis=1) for value, cut in zip(a, short)])
        floor = np.sort(scales, axis=1)[:, [int(scales.shape[1] * (1 - ratio))]]
        scales = np.maximum(scales, floor)
        result[f"{module}.lora_A.weight"] = c * sum(short)
        result[f"{module}.lora_B.weight"] = sum(c * value * scale for value, scale in zip(b, scales)) / scales.sum(axis=0)
    return result


def extract_with_mergekit(models, rank, folder):
    """Products of what mergekit-extract-lora writes for m1 over base; both as whole Llama checkpoints."""
    shutil.rmtree(folder, ignore_errors=True)
    for label in ("base", "m1"):
        llama(models[label]).save_pretrained(folder / label)
    command = [Path(sys.executable).parent / "mergekit-extract-lora", "--model", folder / "m1", "--base-model", folder / "base"]
    options = ["--out-path", folder / "out", "--max-rank", str(rank), "-i", "q_proj|down_proj", "--skip-undecomposable"]
    done = subprocess.run([*command, *options], capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-3000:])
    config = json.loads((folder / "out" / "adapter_config.json").read_text())
    tensors = load_file(folder / "out" / "adapter_model.safetensors")
    found = {}
    for module in MODULES:
        a, b = (tensors[f"{PREFIX}{module}.lora_{side}.weight"] for side in "AB")
        assert a.shape[0] == rank
        found[f"{module}.weight"] = b.astype(np.float64) @ a * (config["lora_alpha"] / config["r"])
    return found


def write_adapters(out, models, save, write_json, scratch):
    warnings.filterwarnings("ignore")
    folder = out / "adapters"
    factors = make_factors(models["base"])
    model = with_adapters(models["base"], factors)
    for label in ADAPTERS:
        model.save_pretrained(scratch / "peft", selected_adapters=[label])
        written = scratch / "peft" / label
        tensors = load_file(written / "adapter_model.safetensors")
        assert sorted(tensors) == sorted(f"{PREFIX}{module}.lora_{side}.weight" for module in MODULES for side in "AB")
        save(folder / label / "adapter_model.safetensors", tensors)
        config = json.loads((written / "adapter_config.json").read_text())
        config["target_modules"] = sorted(config["target_modules"])
        write_json(folder / label / "adapter_config.json", config)

    cases = []

    def add(name, source, operation, tensors, tolerance, note="", **settings):
        expected = f"adapters/{name}.safetensors"
        save(out / expected, tensors)
        cases.append(
            {"name": name, "type": "adapter", "source": source, "recipe": None, "mergekit": None, "expected": expected,
             "tolerance": tolerance, "operation": operation, **settings, "note": note}
        )

    for label, onto in (("a1", "base"), ("a3", "base"), ("a1", "m1")):
        baked = with_adapters(models[onto], factors).merge_and_unload(adapter_names=[label]).state_dict()
        names = IN_LAYERS if (label, onto) == ("a1", "base") else [f"{module}.weight" for module in SHOWN]
        tensors = {name: baked[name].numpy() for name in names}
        for name in names:
            a, b = factors[label][name.removesuffix(".weight")]
            assert np.abs(tensors[name] - models[onto][name] - scaling(label) * (b.astype(np.float64) @ a)).max() < 1e-6
        note = "base weight + scaling * B.A; scaling lora_alpha/r, with use_rslora lora_alpha/sqrt(r)."
        add(f"bake-{label}-on-{onto}", PEFT, "bake", tensors, 1e-6, note, base=onto, adapters=[{"adapter": label, "scale": 1}])

    def exact(adapters):
        return {
            f"{module}.weight": sum(weight * scaling(label) * (factors[label][module][1].astype(np.float64) @ factors[label][module][0]) for label, weight in adapters)
            for module in SHOWN
        }

    two, three = [("a1", 0.7), ("a2", 0.4)], [("a1", 0.7), ("a2", -0.4), ("a3", 0.5)]
    for name, adapters, options, tolerance, note in (
        ("linear", two, {}, 1e-6, "A = sum of sqrt(w*s)*A, B likewise: the product has cross terms."),
        ("linear-negative", [("a1", 0.7), ("a2", -0.4)], {}, 1e-6, "The sign of a weight stands in A only."),
        ("cat", three, {}, 1e-6, "Exact: sum of w*s*B.A, rank 20."),
        ("svd", three, {"svd_rank": 5}, 1e-5, "Best approximation of rank 5 of the sum of w*s*B.A."),
        ("svd-default-rank", three, {}, 1e-5, "Rank 8, the largest of the adapters."),
        ("ties", two, {"density": 0.5}, 1e-5, "On A and B each; sign elected on unweighted factors, divided by the count of agreeing entries."),
        ("ties-frequency", two, {"density": 0.5, "majority_sign_method": "frequency"}, 1e-5, "As ties, each model one vote."),
        ("magnitude_prune", two, {"density": 0.5}, 1e-5, "On A and B each."),
        ("ties_svd", three, {"density": 0.3, "svd_rank": 8}, 1e-5, "TIES on the products s*B.A, then truncated SVD."),
        ("magnitude_prune_svd", three, {"density": 0.3, "svd_rank": 8}, 1e-5, "Magnitude pruning of the products s*B.A, then truncated SVD."),
    ):
        kind = next(k for k in ("linear", "cat", "ties_svd", "ties", "magnitude_prune_svd", "magnitude_prune", "svd") if name.startswith(k))
        target = f"out-{name}"
        model.add_weighted_adapter([a for a, _ in adapters], [w for _, w in adapters], target, combination_type=kind, **options)
        tensors = products(model, target, SHOWN)
        if kind in ("cat", "svd"):
            for key, whole in exact(adapters).items():
                if kind == "svd":
                    u, s, vt = np.linalg.svd(whole, full_matrices=False)
                    rank = options.get("svd_rank", 8)
                    whole = (u[:, :rank] * s[:rank]) @ vt[:rank]
                assert np.abs(tensors[key] - whole).max() < 1e-6 * np.abs(whole).max() * 10, (name, key)
        listed = [{"adapter": label, "weight": weight} for label, weight in adapters]
        add(f"peft-{name}", PEFT, kind, tensors, tolerance, note, adapters=listed, options=options)

    for rank in (2, 5):
        tensors, found = {}, extract_with_mergekit(models, rank, scratch / "extract")
        for module in MODULES:
            name = f"{module}.weight"
            delta = models["m1"][name] - models["base"][name]
            u, s, vt = np.linalg.svd(delta, full_matrices=False)
            product = (u[:, :rank] * s[:rank]) @ vt[:rank]
            assert np.abs(found[name] - product).max() < 1e-5 * np.abs(product).max(), (name, np.abs(found[name] - product).max())
            if module in SHOWN:
                tensors |= {name: product, f"singular.{name}": s}
            tensors[f"tail.{name}"] = np.array([np.sqrt(np.sum(s[rank:] ** 2))])
        add(
            f"extract-rank-{rank}", f"numpy SVD in float64; mergekit-extract-lora {version('mergekit')} agrees within 1e-5", "extract", tensors, 1e-5,
            "m1 - base. `name`: the product B.A of the best rank; singular.*: all singular values; tail.*: Frobenius norm of what is left.",
            base="base", model="m1", rank=rank,
        )
    for name, c, keep, ratio in (("robustmerge", 2.0, 0.2, 0.2), ("robustmerge-half", 1.0, 0.5, 0.4)):
        tensors = robust_merge(factors, ("a1", "a2"), c, keep, ratio)
        shown = {key: value for key, value in tensors.items() if any(key.startswith(module + ".") for module in SHOWN)}
        add(
            name, "numpy, from the paper, behaving as the authors' code does", "robustmerge", shown, 1e-6,
            "Factors, before any scaling alpha/r. Each factor keeps magnitudes >= its floor((1 - keep)*n)-th smallest; row scales are raised "
            "to the order statistic floor((1 - ratio)*r) of their adapter.",
            adapters=[{"adapter": "a1"}, {"adapter": "a2"}], options={"c": c, "keep": keep, "ratio": ratio},
        )
    return cases
