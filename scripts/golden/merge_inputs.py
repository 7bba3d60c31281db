"""The tiny checkpoints that every golden merge starts from: a base and four fine-tunes, and a set with exact ties."""

import numpy as np

LAYERS, HIDDEN, HEADS, HEAD_WIDTH, WIDE, VOCABULARY = 3, 16, 2, 6, 20, 24

CONFIG = {
    "architectures": ["LlamaForCausalLM"],
    "head_dim": HEAD_WIDTH,
    "hidden_act": "silu",
    "hidden_size": HIDDEN,
    "intermediate_size": WIDE,
    "max_position_embeddings": 32,
    "model_type": "llama",
    "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS,
    "num_key_value_heads": HEADS,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": False,
    "vocab_size": VOCABULARY,
}

SHAPES = {
    "lm_head.weight": (VOCABULARY, HIDDEN),
    "model.embed_tokens.weight": (VOCABULARY, HIDDEN),
    **{
        f"model.layers.{layer}.{module}.weight": shape
        for layer in range(LAYERS)
        for module, shape in (("mlp.down_proj", (HIDDEN, WIDE)), ("self_attn.q_proj", (HEADS * HEAD_WIDTH, HIDDEN)))
    },
    "model.norm.weight": (HIDDEN,),
}

# What cases keep that need not show every tensor: one of each kind, one in a middle layer.
SAMPLE = ("model.layers.1.self_attn.q_proj.weight", "model.layers.2.mlp.down_proj.weight", "model.norm.weight")
IN_LAYERS = tuple(name for name in SHAPES if ".layers." in name)


def main_inputs():
    """Deltas have heavy tails and 1 to 10 % of the base's size, share a direction, and 20 to 50 % of them are exactly 0."""
    random = np.random.default_rng(20261125)
    spread = {"lm_head": 0.06, "model.embed_tokens": 0.05, "mlp.down_proj": 0.08, "self_attn.q_proj": 0.1}
    base, shared = {}, {}
    for name, shape in SHAPES.items():
        size = next((value for key, value in spread.items() if key in name), 0.1)
        centre = 1.0 if name == "model.norm.weight" else 0.0
        base[name] = (centre + random.normal(0, size, shape)).astype(np.float32)
        shared[name] = random.laplace(0, 0.7, shape)
    models = {"base": base}
    for label, zeros in (("m1", 0.3), ("m2", 0.5), ("m3", 0.2), ("m4", 0.4)):
        # No two magnitudes are equal within a model, so that a selection by magnitude has one answer.
        seen = set()
        models[label] = {}
        for name, shape in SHAPES.items():
            # The norm hardly moves: methods with an absolute floor must not lose it.
            size = 3e-4 if name == "model.norm.weight" else np.std(base[name]) * 10 ** random.uniform(-2, -1)
            delta = size * (0.6 * shared[name] + random.laplace(0, 0.6, shape)) * (random.random(shape) >= zeros)
            value = (base[name] + delta).astype(np.float32)
            changed = value - base[name]
            for at in np.ndindex(shape):
                while changed[at] != 0 and abs(changed[at]) in seen:
                    value[at] = np.nextafter(value[at], np.float32(np.inf))
                    changed[at] = value[at] - base[name][at]
                seen.add(abs(changed[at]))
            models[label][name] = value
    # A model that shares little with the base, for wide angles.
    models["far"] = {name: (0.3 * value + random.normal(0, np.std(value), value.shape)).astype(np.float32) for name, value in base.items()}
    return models


def tie_inputs():
    """Multiples of 1/8, exact in f32: magnitudes tie at every threshold, opposite deltas cancel to exactly 0, most signs are negative."""
    random = np.random.default_rng(10)
    shapes = {"ties.bias": (5,), "ties.weight": (6, 8)}
    base = {name: (random.integers(-8, 9, shape) / 2).astype(np.float32) for name, shape in shapes.items()}
    models = {"tie-base": base}
    for label in ("tie1", "tie2", "tie3"):
        models[label] = {name: (base[name] + random.integers(-3, 4, shape) / 8).astype(np.float32) for name, shape in shapes.items()}
    return models


WHOLE_CONFIG = {
    **CONFIG,
    "head_dim": 4,
    "hidden_size": 8,
    "intermediate_size": 12,
    "vocab_size": 16,
}


def whole_inputs():
    """Two complete Llama checkpoints, for configurations that speak of layers."""
    random = np.random.default_rng(11)
    hidden, wide, vocabulary = (WHOLE_CONFIG[key] for key in ("hidden_size", "intermediate_size", "vocab_size"))
    modules = {f"self_attn.{letter}_proj": (hidden, hidden) for letter in "qkvo"}
    modules |= {"mlp.gate_proj": (wide, hidden), "mlp.up_proj": (wide, hidden), "mlp.down_proj": (hidden, wide)}
    modules |= {"input_layernorm": (hidden,), "post_attention_layernorm": (hidden,)}
    shapes = {"lm_head.weight": (vocabulary, hidden), "model.embed_tokens.weight": (vocabulary, hidden), "model.norm.weight": (hidden,)}
    shapes |= {f"model.layers.{layer}.{name}.weight": shape for layer in range(LAYERS) for name, shape in modules.items()}
    first = {name: random.normal(0, 0.1, shape) + ("norm" in name) for name, shape in sorted(shapes.items())}
    second = {name: value + random.normal(0, 0.02, value.shape) for name, value in first.items()}
    return {label: {name: value.astype(np.float32) for name, value in model.items()} for label, model in (("llama1", first), ("llama2", second))}
