"""Reference numbers for encoders, encoder-decoders and image networks, from Hugging Face transformers in float64.

    python3 -m venv venv
    venv/bin/pip install "torch==2.15.0" "transformers==5.24.0" safetensors numpy
    venv/bin/python scripts/golden/encoders.py packages/engine/src/runtime/golden [NAME …]

Writes for each network a folder with a tiny random checkpoint as `save_pretrained` writes it (config.json, model.safetensors),
inputs.json, and expected.safetensors: `logits`, `loss` (mean cross-entropy of `labels`) and `gradient.<tensor>` for every
parameter that the loss depends on. A folder "<name>-head" holds only the tensors of a head that a task keeps.
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
LABELS = 3
BUFFERS = ("running_mean", "running_var", "num_batches_tracked")


def fill(model, seed, gain=1.3):
    """Random weights that neither vanish nor saturate: fan-in scaled matrices, norms around 1, biases of some size."""
    random = torch.Generator().manual_seed(seed)
    for name, tensor in model.state_dict().items():
        if not tensor.is_floating_point():
            continue
        noise = torch.randn(tensor.shape, generator=random)
        if name.endswith("running_var"):
            tensor.copy_(noise.abs() * 0.5 + 0.5)
        elif "embed" in name and tensor.dim() == 2 or name.endswith(("cls_token", "position_embeddings", "class_embedding", "relative_attention_bias.weight")):
            tensor.copy_(noise * 0.7)
        elif tensor.dim() >= 2:
            tensor.copy_(noise * gain / np.sqrt(tensor[0].numel()))
        elif name.endswith("logit_scale"):
            tensor.fill_(1.7)
        elif name.endswith(".weight"):
            tensor.copy_(1 + noise * 0.3)
        else:
            tensor.copy_(noise * 0.3)
    model.tie_weights()
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding):
            # torch leaves this row out of the gradient; the derivative itself does not.
            module.padding_idx = None
    return model.eval()


def save_named(tensors, path):
    save_file({name: np.array(value.numpy() if torch.is_tensor(value) else value, dtype=np.float32, order="C") for name, value in tensors.items()}, path)


def checkpoint_names(model, gradients):
    """The gradients under the names that `save_pretrained` gives their parameters; those that are not reached fall away."""
    with torch.no_grad():
        for parameter, gradient in gradients.items():
            parameter.copy_(torch.full_like(parameter, torch.nan) if gradient is None else gradient)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        saved = load_file(os.path.join(folder, "model.safetensors"))
    return {f"gradient.{name}": value for name, value in saved.items() if not name.endswith(BUFFERS) and not np.isnan(value).any()}


def write(name, model, inputs, logits_of, extra=None):
    """`extra`: tensors of a head kept apart, which get gradients too."""
    if chosen and name not in chosen:
        return
    folder = os.path.join(out, name)
    os.makedirs(folder, exist_ok=True)
    model.save_pretrained(folder)
    if extra:
        os.makedirs(folder + "-head", exist_ok=True)
        save_named({key: value.detach() for key, value in extra.items()}, os.path.join(folder + "-head", "model.safetensors"))
        with open(os.path.join(folder + "-head", "config.json"), "w") as file:
            file.write(model.config.to_json_string())
        extra = {key: value.detach().double().requires_grad_() for key, value in extra.items()}
    model = model.double()
    logits = logits_of(model, extra)
    loss = F.cross_entropy(logits, torch.tensor(inputs["labels"]))
    leaves = list(model.parameters()) + list((extra or {}).values())
    gradients = dict(zip(leaves, torch.autograd.grad(loss, leaves, allow_unused=True)))
    expected = {"logits": logits.detach(), "loss": loss.detach()[None]}
    for key, value in (extra or {}).items():
        expected[f"gradient.{key}"] = gradients.pop(value)
    expected |= checkpoint_names(model, gradients)
    save_named(expected, os.path.join(folder, "expected.safetensors"))
    with open(os.path.join(folder, "inputs.json"), "w") as file:
        json.dump(inputs, file)
        file.write("\n")
    for file in os.listdir(folder):
        os.chmod(os.path.join(folder, file), 0o644)
    print(name, "loss", loss.item(), "gradients", len(expected) - 2, "bytes", sum(os.path.getsize(os.path.join(folder, file)) for file in os.listdir(folder)))


def padded(sequences, padding):
    length = max(map(len, sequences))
    ids = torch.tensor([sequence + [padding] * (length - len(sequence)) for sequence in sequences])
    mask = torch.tensor([[1] * len(sequence) + [0] * (length - len(sequence)) for sequence in sequences])
    return {"input_ids": ids, "attention_mask": mask}


def roberta():
    config = hf.RobertaConfig(
        vocab_size=43,
        hidden_size=10,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=14,
        max_position_embeddings=12,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        num_labels=LABELS,
        attn_implementation="eager",
    )
    # The third text holds the padding token inside: its position does not count.
    sequences = [[0, 7, 12, 30, 42, 9, 2], [0, 41, 2], [0, 5, 1, 17, 2]]
    batch = padded(sequences, 1)
    inputs = {"head": "classification", "sequences": sequences, "labels": [2, 0, 1]}
    model = fill(hf.RobertaForSequenceClassification(config), 1)
    write("roberta-classification", model, inputs, lambda m, _: m(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits)
    inputs = {"head": "masked-language", "sequences": sequences, "positions": [1, 4, 8, 16], "labels": [31, 3, 40, 20]}
    model = fill(hf.RobertaForMaskedLM(config), 2)
    write("roberta-masked-language", model, inputs, lambda m, _: m(**batch).logits.flatten(0, 1)[inputs["positions"]])


def t5():
    def config(**settings):
        return hf.T5Config(
            vocab_size=43,
            d_model=10,
            d_kv=4,
            d_ff=14,
            num_heads=2,
            relative_attention_num_buckets=8,
            relative_attention_max_distance=12,
            decoder_start_token_id=0,
            attn_implementation="eager",
            **settings,
        )

    sources = [[7, 12, 30, 42, 9, 1], [41, 1], [5, 17, 3, 3, 8, 21, 40, 11, 2, 33, 19, 25, 36, 14, 6, 1]]
    targets = [[0, 31, 4, 1], [0, 20, 20, 5, 9, 38, 17, 29, 13, 2, 2, 40, 7, 30, 1], [0, 15, 1]]
    length = max(map(len, targets))
    labels = [(row * length + column, target[column + 1]) for row, target in enumerate(targets) for column in range(len(target) - 1)]
    inputs = {
        "head": "sequence-to-sequence",
        "sequences": sources,
        "targets": targets,
        "positions": [position for position, _ in labels],
        "labels": [label for _, label in labels],
    }
    decoder = padded(targets, 0)["input_ids"]
    forward = lambda m, _: m(**padded(sources, 0), decoder_input_ids=decoder).logits.flatten(0, 1)[inputs["positions"]]
    write("t5", fill(hf.T5ForConditionalGeneration(config(num_layers=2, num_decoder_layers=1)), 3), inputs, forward)

    model = hf.T5ForConditionalGeneration(config(num_layers=1, num_decoder_layers=2, feed_forward_proj="gated-gelu", tie_word_embeddings=False))
    model.lm_head.weight = torch.nn.Parameter(torch.empty(43, 10))
    model.all_tied_weights_keys.pop("lm_head.weight", None)
    model._tied_weights_keys = {key: value for key, value in model._tied_weights_keys.items() if key != "lm_head.weight"}
    model.tie_weights = lambda *args, **kwargs: None
    fill(model, 4)
    write("flan-t5", model, inputs, forward)
    if not chosen or "flan-t5" in chosen:
        # Flan-T5 as published says so by this key, which transformers 5 no longer writes.
        path = os.path.join(out, "flan-t5", "config.json")
        config = json.load(open(path))
        del config["scale_decoder_outputs"]
        config["tie_word_embeddings"] = False
        with open(path, "w") as file:
            json.dump(config, file, indent=2)
            file.write("\n")


def images(shape, seed):
    """Pixels that JSON holds exactly: whole numbers that stand for 1/64 each, [n, h, w, c]."""
    values = np.random.default_rng(seed).integers(-96, 97, shape)
    return {"shape": list(shape), "values": values.flatten().tolist()}, torch.tensor(values).double().div(64).permute(0, 3, 1, 2)


def transformers_of_images():
    size = dict(hidden_size=10, num_hidden_layers=2, num_attention_heads=2, intermediate_size=14, image_size=12, patch_size=4, attn_implementation="eager")
    shown, pixels = images((3, 12, 12, 3), 5)
    inputs = {"head": "classification", "images": shown, "labels": [2, 0, 1]}
    logits = lambda m, _: m(pixel_values=pixels).logits
    write("vit", fill(hf.ViTForImageClassification(hf.ViTConfig(num_labels=LABELS, **size)), 5), inputs, logits)

    model = fill(hf.CLIPVisionModelWithProjection(hf.CLIPVisionConfig(projection_dim=8, **size)), 6)
    texts = torch.randn(LABELS, 8, generator=torch.Generator().manual_seed(7))
    head = {"zero_shot.weight": texts, "logit_scale": torch.tensor(1.7)}
    unit = lambda rows: rows / rows.norm(dim=-1, keepdim=True)
    cosines = lambda m, e: e["logit_scale"].exp() * unit(m(pixel_values=pixels).image_embeds) @ unit(e["zero_shot.weight"]).T
    write("clip-vision", model, inputs, cosines, head)

    small = dict(hidden_size=4, num_hidden_layers=0, num_attention_heads=1, intermediate_size=4, vocab_size=8, max_position_embeddings=4)
    config = hf.CLIPConfig(text_config=small, vision_config=size | {"hidden_act": "gelu"}, projection_dim=8, num_labels=LABELS, attn_implementation="eager")
    write("clip", fill(hf.CLIPForImageClassification(config), 8), inputs, logits)


class Cnn(torch.nn.Module):
    """The engine's own config "cnn" (architectures/cnn.ts), in torch."""

    def __init__(self, config):
        super().__init__()
        nn = torch.nn
        self.settings, self.layers = config, nn.ModuleList()
        channels, self.epsilon = config["num_channels"], config["batch_norm_eps"]
        for layer in config["layers"]:
            if layer["type"] == "conv":
                self.layers.append(nn.Conv2d(channels, layer["channels"], layer["kernel_size"], layer.get("stride", 1), layer.get("padding", 0)))
                channels = layer["channels"]
            elif layer["type"] == "batch_norm":
                self.layers.append(nn.BatchNorm2d(channels, eps=self.epsilon))
            elif layer["type"] == "relu":
                self.layers.append(nn.ReLU())
            elif layer["type"] == "max_pool":
                self.layers.append(nn.MaxPool2d(layer["kernel_size"], layer["stride"]))
            elif layer["type"] == "average_pool":
                self.layers.append(nn.AvgPool2d(layer["kernel_size"], layer["stride"]))
        size = torch.zeros(1, config["num_channels"], *config["image_size"])
        for layer in self.layers:
            size = layer(size)
        self.classifier = nn.Linear(size.numel(), config["num_labels"])

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return self.classifier(x.flatten(1))

    def tie_weights(self):
        pass

    def save_pretrained(self, folder):
        save_named(self.state_dict(), os.path.join(folder, "model.safetensors"))
        with open(os.path.join(folder, "config.json"), "w") as file:
            json.dump(self.settings, file, indent=2)
            file.write("\n")


def convolutions():
    shown, pixels = images((3, 18, 14, 3), 9)
    inputs = {"head": "classification", "images": shown, "labels": [2, 0, 1]}
    logits = lambda m, _: m(pixel_values=pixels).logits
    basic = hf.ResNetConfig(embedding_size=4, hidden_sizes=[4, 6], depths=[1, 2], layer_type="basic", num_labels=LABELS)
    write("resnet-basic", fill(hf.ResNetForImageClassification(basic), 10, 0.6), inputs, logits)
    shown, pixels = images((3, 16, 16, 1), 11)
    inputs = inputs | {"images": shown}
    deep = dict(num_channels=1, embedding_size=6, hidden_sizes=[8, 16], depths=[2, 1], layer_type="bottleneck", num_labels=LABELS)
    write("resnet-bottleneck", fill(hf.ResNetForImageClassification(hf.ResNetConfig(**deep)), 12, 0.6), inputs, logits)
    early = hf.ResNetConfig(**deep | {"depths": [1, 1]}, downsample_in_bottleneck=True, downsample_in_first_stage=True)
    write("resnet-early", fill(hf.ResNetForImageClassification(early), 13, 0.6), inputs, logits)

    layers = [
        {"type": "conv", "channels": 4, "kernel_size": 3, "padding": 1},
        {"type": "batch_norm"},
        {"type": "relu"},
        {"type": "max_pool", "kernel_size": 2, "stride": 2},
        {"type": "conv", "channels": 6, "kernel_size": 3, "stride": 2},
        {"type": "relu"},
        {"type": "average_pool", "kernel_size": 2, "stride": 1},
    ]
    config = {"model_type": "cnn", "image_size": [16, 16], "num_channels": 1, "layers": layers, "num_labels": LABELS, "batch_norm_eps": 1e-5}
    write("cnn", fill(Cnn(config), 14), inputs, lambda m, _: m(pixels))


roberta()
t5()
convolutions()
transformers_of_images()
