"""Reference numbers for decoders, from Hugging Face transformers in float64.

    python3 -m venv venv
    venv/bin/pip install "torch==2.15.0" "transformers==5.24.0" safetensors numpy
    venv/bin/python scripts/golden/decoders.py packages/engine/src/runtime/golden [NAME …]

Writes for each network a folder as scripts/golden/encoders.py does: a tiny random checkpoint as `save_pretrained` writes it
(config.json, model.safetensors), inputs.json, and expected.safetensors: `logits`, `loss` (mean cross-entropy of `labels`) and
`gradient.<tensor>` for every parameter, under its name in the checkpoint. Texts are padded on the right.
"""

import json
import os
import sys
import tempfile

import numpy as np
import torch
import torch.nn.functional as F
import transformers as hf
from safetensors.numpy import load_file, save_file

hf.utils.logging.disable_progress_bar()
out, *chosen = sys.argv[1:]
LABELS, PADDING = 3, 0
# The padding token occurs inside no text: there transformers would take it for the end.
SEQUENCES = [[7, 12, 30, 24, 9, 17, 3], [29, 5], [5, 1, 17, 2, 2]]
LENGTH = max(map(len, SEQUENCES))
IDS = torch.tensor([row + [PADDING] * (LENGTH - len(row)) for row in SEQUENCES])
MASK = torch.tensor([[1] * len(row) + [0] * (LENGTH - len(row)) for row in SEQUENCES])
#: row·length + column of the tokens whose successors are scored, and these successors.
NEXT = [(row * LENGTH + column, ids[column + 1]) for row, ids in enumerate(SEQUENCES) for column in range(len(ids) - 1)]
CAUSAL = {
    "head": "causal-language",
    "sequences": SEQUENCES,
    "positions": [position for position, _ in NEXT],
    "labels": [label for _, label in NEXT],
}
CLASSES = {"head": "classification", "sequences": SEQUENCES, "labels": [2, 0, 1]}


def fill(model, seed):
    """Random weights that neither vanish nor saturate: fan-in scaled matrices, gains around 1, biases of some size."""
    random = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            noise = torch.randn(tensor.shape, generator=random)
            is_table = "embed" in name or ".wte." in name or ".wpe." in name
            if is_table:
                tensor.copy_(noise * 0.7)
            elif tensor.dim() >= 2:
                # GPT-2's matrices lie transposed.
                inputs = tensor.shape[0] if ".c_" in name else tensor.shape[-1]
                tensor.copy_(noise * 1.3 / np.sqrt(inputs))
            else:
                tensor.copy_((1 if name.endswith("weight") else 0) + noise * 0.3)
    model.tie_weights()
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding):
            # torch leaves this row out of the gradient; the derivative itself does not.
            module.padding_idx = None
    return model.eval()


def checkpoint_names(model, gradients):
    """The gradients under the names, and in the form, that `save_pretrained` gives their parameters."""
    with torch.no_grad():
        for parameter, gradient in gradients.items():
            parameter.copy_(torch.full_like(parameter, torch.nan) if gradient is None else gradient)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        saved = load_file(os.path.join(folder, "model.safetensors"))
    return {f"gradient.{name}": value.astype(np.float32) for name, value in saved.items() if not np.isnan(value).any()}


def run(model, is_batch):
    """Logits of every position or text. With a window, padding that sees only padding is NaN in transformers: texts go one by one."""
    if is_batch:
        return model(input_ids=IDS, attention_mask=MASK).logits
    alone = [model(input_ids=torch.tensor([row])).logits[0] for row in SEQUENCES]
    return torch.stack([F.pad(logits, (0, 0, 0, LENGTH - len(logits))) for logits in alone])


def write(name, model, inputs, edit=lambda config: config, is_batch=True):
    """`edit`: what published configs say otherwise than transformers 5 writes it."""
    if chosen and name not in chosen:
        return
    folder = os.path.join(out, name)
    os.makedirs(folder, exist_ok=True)
    model.save_pretrained(folder)
    path = os.path.join(folder, "config.json")
    config = edit(json.load(open(path)))
    with open(path, "w") as file:
        json.dump(config, file, indent=2)
        file.write("\n")
    if os.path.exists(os.path.join(folder, "generation_config.json")):
        os.remove(os.path.join(folder, "generation_config.json"))
    model = model.double()
    logits = run(model, is_batch)
    if "positions" in inputs:
        logits = logits.flatten(0, 1)[inputs["positions"]]
    loss = F.cross_entropy(logits, torch.tensor(inputs["labels"]))
    leaves = list(model.parameters())
    gradients = dict(zip(leaves, torch.autograd.grad(loss, leaves, allow_unused=True)))
    expected = {"logits": logits.detach().numpy().astype(np.float32), "loss": loss.detach()[None].numpy().astype(np.float32)}
    expected |= checkpoint_names(model, gradients)
    save_file({key: np.ascontiguousarray(value) for key, value in expected.items()}, os.path.join(folder, "expected.safetensors"))
    with open(os.path.join(folder, "inputs.json"), "w") as file:
        json.dump(inputs, file)
        file.write("\n")
    for file in os.listdir(folder):
        os.chmod(os.path.join(folder, file), 0o644)
    size = sum(os.path.getsize(os.path.join(folder, file)) for file in os.listdir(folder))
    print(name, "loss", loss.item(), "gradients", len(expected) - 2, "bytes", size)


def gpt2():
    def config(**settings):
        return hf.GPT2Config(vocab_size=31, n_positions=9, n_embd=12, n_layer=2, n_head=3, n_inner=16, pad_token_id=PADDING, bos_token_id=1, eos_token_id=2, attn_implementation="eager", **settings)

    write("gpt2", fill(hf.GPT2LMHeadModel(config()), 21), CAUSAL)
    write("gpt2-classification", fill(hf.GPT2ForSequenceClassification(config(num_labels=LABELS, activation_function="gelu")), 22), CLASSES)


SIZES = dict(
    vocab_size=31,
    hidden_size=16,
    intermediate_size=12,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=32,
    pad_token_id=PADDING,
    bos_token_id=1,
    eos_token_id=2,
    attn_implementation="eager",
)


def rope(theta, **scaling):
    return {"rope_type": "default", "rope_theta": theta} | scaling


def before_transformers_5(config):
    """Positions as older files, which are most of those that are published, say them."""
    positions = config.pop("rope_parameters")
    config["rope_theta"] = positions.pop("rope_theta")
    kind = positions.pop("rope_type")
    if kind == "default":
        config["rope_scaling"] = None
    elif kind == "linear":
        config["rope_scaling"] = {"type": kind} | positions
    else:
        config["rope_scaling"] = {"rope_type": kind} | positions
    return config


def llama_family():
    llama3 = rope(20.0, rope_type="llama3", factor=4.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=31)
    write("llama", fill(hf.LlamaForCausalLM(hf.LlamaConfig(**SIZES, rope_parameters=rope(100.0))), 23), CAUSAL, before_transformers_5)
    tied = hf.LlamaConfig(**SIZES | {"num_key_value_heads": 1, "head_dim": 6}, rope_parameters=llama3, tie_word_embeddings=True, attention_bias=True, mlp_bias=True)
    write("llama-tied", fill(hf.LlamaForCausalLM(tied), 24), CAUSAL)
    classifier = hf.LlamaConfig(**SIZES | {"num_key_value_heads": 4}, rope_parameters=rope(100.0, rope_type="linear", factor=2.5), num_labels=LABELS)
    write("llama-classification", fill(hf.LlamaForSequenceClassification(classifier), 25), CLASSES, before_transformers_5)
    mistral = hf.MistralConfig(**SIZES, rope_parameters=rope(100.0), sliding_window=3)
    write("mistral", fill(hf.MistralForCausalLM(mistral), 26), CAUSAL, is_batch=False)
    qwen2 = hf.Qwen2Config(**SIZES, rope_parameters=rope(100.0), tie_word_embeddings=True, use_sliding_window=True, sliding_window=3, max_window_layers=1)
    # Older files say by max_window_layers alone which layers have the window.
    without_types = lambda config: {key: value for key, value in config.items() if key != "layer_types"}
    write("qwen2", fill(hf.Qwen2ForCausalLM(qwen2), 27), CAUSAL, without_types, is_batch=False)
    mixtral = hf.MixtralConfig(**SIZES | {"intermediate_size": 6}, rope_parameters=rope(100.0), num_local_experts=4, num_experts_per_tok=2, experts_implementation="eager")
    write("mixtral", fill(hf.MixtralForCausalLM(mixtral), 28), CAUSAL)


gpt2()
llama_family()
