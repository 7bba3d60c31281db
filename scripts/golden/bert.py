"""Reference numbers for the engine's BERT, from Hugging Face transformers (its Flax models, in float64).

    python3 -m venv venv
    venv/bin/pip install "transformers==4.46.3" "flax==0.8.5" "jax==0.4.30" "jaxlib==0.4.30" "numpy<2" safetensors
    venv/bin/python scripts/golden/bert.py packages/engine/src/runtime/golden

Writes three tiny random checkpoints in Hugging Face layout (with a masked-language head, with a classification head, and a bare
BertModel without the `bert.` prefix) and expected.safetensors: hidden states, pooled output, logits, losses and the gradient of
every parameter. transformers itself loads the checkpoints this script writes, so their layout is checked as well.
"""

import json
import os
import sys

os.environ["JAX_PLATFORMS"] = "cpu"
import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np
from flax.traverse_util import flatten_dict
from safetensors.numpy import save_file
from transformers import BertConfig, FlaxBertForMaskedLM, FlaxBertForSequenceClassification, FlaxBertModel

out = sys.argv[1]
random = np.random.default_rng(20261122)
LABELS = 3
config = BertConfig(
    vocab_size=53,
    hidden_size=24,
    num_hidden_layers=2,
    num_attention_heads=3,
    intermediate_size=40,
    max_position_embeddings=12,
    type_vocab_size=2,
    layer_norm_eps=1e-6,
    hidden_dropout_prob=0.0,
    attention_probs_dropout_prob=0.0,
    num_labels=LABELS,
)


def trunk():
    d, wide = config.hidden_size, config.intermediate_size
    tensors = {}

    def dense(name, outputs, inputs):
        tensors[name + ".weight"] = random.normal(0, 1.5 / np.sqrt(inputs), (outputs, inputs))
        tensors[name + ".bias"] = random.normal(0, 0.3, outputs)

    def norm(name):
        tensors[name + ".weight"] = random.normal(1, 0.3, d)
        tensors[name + ".bias"] = random.normal(0, 0.3, d)

    for name, rows in (("word", config.vocab_size), ("position", config.max_position_embeddings), ("token_type", config.type_vocab_size)):
        tensors[f"bert.embeddings.{name}_embeddings.weight"] = random.normal(0, 0.7, (rows, d))
    norm("bert.embeddings.LayerNorm")
    for layer in range(config.num_hidden_layers):
        prefix = f"bert.encoder.layer.{layer}."
        for part in ("query", "key", "value"):
            dense(prefix + "attention.self." + part, d, d)
        dense(prefix + "attention.output.dense", d, d)
        norm(prefix + "attention.output.LayerNorm")
        dense(prefix + "intermediate.dense", wide, d)
        dense(prefix + "output.dense", d, wide)
        norm(prefix + "output.LayerNorm")
    dense("bert.pooler.dense", d, d)
    return tensors, dense, norm


def write(folder, tensors, architecture):
    path = os.path.join(out, folder)
    os.makedirs(path, exist_ok=True)
    tensors = {name: np.ascontiguousarray(value.astype(np.float32)) for name, value in tensors.items()}
    save_file(tensors, os.path.join(path, "model.safetensors"), metadata={"format": "pt"})
    content = config.to_dict() | {"architectures": [architecture]}
    with open(os.path.join(path, "config.json"), "w") as file:
        json.dump({key: content[key] for key in sorted(content) if key != "transformers_version"}, file, indent=2)
        file.write("\n")
    return path


def load(model_class, path):
    model = model_class.from_pretrained(path, dtype=jnp.float64)
    return model, jax.tree_util.tree_map(lambda value: value.astype(jnp.float64), model.params)


def by_torch_name(gradients):
    """Flax names and layouts back to those of the safetensors file."""
    named = {}
    for path, value in flatten_dict(gradients).items():
        value = np.asarray(value)
        *parents, last = path
        if last == "kernel":
            value, last = value.T, "weight"
        if last in ("scale", "embedding"):
            last = "weight"
        named[".".join([*parents, last])] = value
    return named


tensors, dense, norm = trunk()
shared = dict(tensors)
dense("cls.predictions.transform.dense", config.hidden_size, config.hidden_size)
norm("cls.predictions.transform.LayerNorm")
tensors["cls.predictions.bias"] = random.normal(0, 0.3, config.vocab_size)
masked_path = write("masked-language", tensors, "BertForMaskedLM")
for name in [name for name in tensors if name.startswith("cls.")]:
    del tensors[name]
dense("classifier", LABELS, config.hidden_size)
class_path = write("classification", tensors, "BertForSequenceClassification")
bare_path = write("bare", {name.removeprefix("bert."): value for name, value in shared.items()}, "BertModel")

sequences = [[1, 7, 12, 30, 52, 9, 2], [1, 44, 2], [1, 5, 5, 17, 2]]
labels = [2, 0, 1]
positions = [1, 4, 8, 16]
targets = [31, 3, 44, 20]
length = max(map(len, sequences))
ids = np.array([sequence + [0] * (length - len(sequence)) for sequence in sequences])
mask = np.array([[1] * len(sequence) + [0] * (length - len(sequence)) for sequence in sequences])

expected = {}
model, params = load(FlaxBertModel, bare_path)
result = model(ids, mask, params=params)
expected["hidden"], expected["pooled"] = result.last_hidden_state, result.pooler_output


def cross_entropy(logits, wanted):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), jnp.array(wanted)[:, None], 1))


model, params = load(FlaxBertForMaskedLM, masked_path)
masked_logits = lambda p: model(ids, mask, params=p).logits.reshape(-1, config.vocab_size)[jnp.array(positions)]
expected["masked.logits"] = masked_logits(params)
loss, gradients = jax.value_and_grad(lambda p: cross_entropy(masked_logits(p), targets))(params)
expected["masked.loss"] = loss[None]
expected |= {f"masked.gradient.{name}": value for name, value in by_torch_name(gradients).items()}

model, params = load(FlaxBertForSequenceClassification, class_path)
class_logits = lambda p: model(ids, mask, params=p).logits
expected["class.logits"] = class_logits(params)
loss, gradients = jax.value_and_grad(lambda p: cross_entropy(class_logits(p), labels))(params)
expected["class.loss"] = loss[None]
expected |= {f"class.gradient.{name}": value for name, value in by_torch_name(gradients).items()}

save_file({name: np.ascontiguousarray(np.asarray(value, dtype=np.float32)) for name, value in expected.items()}, os.path.join(out, "expected.safetensors"))
with open(os.path.join(out, "inputs.json"), "w") as file:
    json.dump({"sequences": sequences, "labels": labels, "positions": positions, "targets": targets}, file)
    file.write("\n")
