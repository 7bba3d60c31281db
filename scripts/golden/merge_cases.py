"""The list of golden merges: a native recipe each and, where mergekit has the method, its configuration."""

from merge_inputs import IN_LAYERS, SAMPLE

PAPER = "numpy, from the paper"
CODE = "numpy, from the paper, behaving as the authors' code does"

# Our parameter names to mergekit's, where they differ.
RENAMED = {"normalizeWeights": "normalize_weights", "maxIterations": "max_iter", "tolerance": "tol", "topk": "select_topk"}


def parents(*labels, **settings):
    """parents("m1", "m2", weight=[0.5, 0.3]): one setting for each label, or one for all."""
    return [
        {"model": label} | {key: value[i] if isinstance(value, list) else value for key, value in settings.items()}
        for i, label in enumerate(labels)
    ]


def merge(name, method, models, parameters=None, base=None, tensors=None, note="", tolerance=1e-6, source=PAPER, exclude=None):
    recipe = {"method": method, **({"base": base} if base else {}), "parents": models, "parameters": parameters or {}, "seed": 0}
    if exclude:
        recipe["exclude"] = exclude
    return {"name": name, "type": "merge", "source": source, "recipe": recipe, "mergekit": None, "tensors": tensors,
            "tolerance": tolerance, "note": note}


def with_mergekit(case, method=None, parameters=None, base=None, ours=()):
    """Adds mergekit's configuration: the recipe's settings but for `ours`, which mergekit does not know."""
    recipe = case["recipe"]
    base = base or recipe.get("base")
    settings = {RENAMED.get(key, key): value for key, value in recipe["parameters"].items() if key not in ours} | (parameters or {})
    models = [
        {"model": parent["model"], "parameters": {key: value for key, value in parent.items() if key != "model"}}
        for parent in recipe["parents"]
    ]
    config = {"merge_method": method or recipe["method"]}
    if base:
        config["base_model"] = base
    config["models"] = [model if model["parameters"] else {"model": model["model"]} for model in models]
    if settings:
        config["parameters"] = settings
    return case | {"source": "mergekit", "mergekit": config | {"dtype": "float32"}}


# Of m2's tensors those where arcee_fusion's choice does not hang on the last digits.
CLEAR_OF_THRESHOLD = ("model.layers.0.mlp.down_proj.weight", "model.layers.1.self_attn.q_proj.weight", "model.norm.weight")
FOUR = ("m1", "m2", "m3", "m4")
BY_TENSOR = {"trim": "tensor", "ties": "first", "aggregate": "weighted-mean", "elect": "non-negative"}
BY_MODEL = {"trim": "model", "ties": "all", "aggregate": "mean", "elect": "majority"}


def averages():
    yield with_mergekit(merge("linear", "linear", parents(*FOUR, weight=[0.4, 0.3, 0.2, 0.4]), {"normalize": True}))
    yield with_mergekit(
        merge("linear-plain-sum", "linear", parents(*FOUR[:3], weight=[0.7, -0.2, 0.4]), {"normalize": False}, tensors=SAMPLE)
    )
    yield with_mergekit(merge("passthrough-scale", "passthrough", parents("m2", scale=0.75), tensors=SAMPLE))
    yield with_mergekit(
        merge("uniform-soup", "uniform_soup", parents(*FOUR), tensors=SAMPLE), method="linear", parameters={"weight": 1}
    )
    yield merge("swa", "swa", parents(*FOUR), tensors=SAMPLE, note="Running mean of the points of a trajectory: their plain mean.")
    yield merge("lawa-window-3", "lawa", parents(*FOUR), {"window": 3}, tensors=SAMPLE, note="Mean of the last 3 of 4, parents in order of training.")
    yield merge(
        "ema", "ema", parents(*FOUR), {"decay": 0.7}, tensors=SAMPLE,
        note="m = first parent, then m = decay*m + (1 - decay)*next, in the order of the parents.",
    )


def spheres():
    yield with_mergekit(merge("slerp-0.3", "slerp", parents("m1", "m2"), {"t": 0.3}), base="m1")
    yield with_mergekit(merge("slerp-0.85", "slerp", parents("m3", "m4"), {"t": 0.85}, tensors=SAMPLE), base="m3")
    yield with_mergekit(
        merge("slerp-far", "slerp", parents("base", "far"), {"t": 0.4}, tensors=SAMPLE, note="Two models at a wide angle."), base="base"
    )
    for granularity, flags in (
        ("tensor", {"nuslerp_flatten": True}),
        ("row", {"nuslerp_flatten": False, "nuslerp_row_wise": False}),
        ("column", {"nuslerp_flatten": False, "nuslerp_row_wise": True}),
    ):
        note = "" if granularity == "tensor" else "A tensor with one axis is one vector."
        weights = parents("m1", "m2", weight=[0.5, 0.3])
        yield with_mergekit(
            merge(f"nuslerp-{granularity}", "nuslerp", weights, {"granularity": granularity}, tensors=SAMPLE, note=note),
            parameters=flags, ours=("granularity",),
        )
        yield with_mergekit(
            merge(
                f"nuslerp-{granularity}-base", "nuslerp", weights, {"granularity": granularity}, base="base",
                tensors=None if granularity == "row" else SAMPLE,
                note=note + " Rows or columns that a parent did not change are zero vectors: they count as at a right angle.",
            ),
            parameters=flags, ours=("granularity",),
        )
    yield with_mergekit(
        merge("multislerp", "multislerp", parents(*FOUR, weight=[0.4, 0.3, 0.2, 0.4]), {"normalizeWeights": True, "eps": 1e-8}, tensors=SAMPLE)
    )
    yield with_mergekit(
        merge("multislerp-base", "multislerp", parents(*FOUR, weight=[0.4, 0.3, 0.2, 0.4]), {"normalizeWeights": True, "eps": 1e-8}, base="base")
    )
    yield with_mergekit(
        merge(
            "multislerp-base-plain-weights", "multislerp", parents("m1", "m2", weight=[0.9, 0.6]),
            {"normalizeWeights": False, "eps": 1e-8}, base="base", tensors=SAMPLE,
        )
    )
    yield with_mergekit(merge("karcher", "karcher", parents(*FOUR), {"maxIterations": 10, "tolerance": 1e-5}, tensors=SAMPLE))
    yield with_mergekit(
        merge("karcher-far", "karcher", parents("base", "far", "m1"), {"maxIterations": 10, "tolerance": 1e-5}, note="At wide angles.")
    )
    yield with_mergekit(
        merge(
            "karcher-two-steps", "karcher", parents("base", "far", "m1"), {"maxIterations": 2, "tolerance": 1e-5}, tensors=SAMPLE,
            note="Stopped before it has converged.",
        )
    )


def task_vectors():
    yield with_mergekit(
        merge(
            "task-arithmetic", "task_arithmetic", parents(*FOUR, weight=[0.5, 0.3, -0.4, 1]), {"lambda": 0.7}, base="base",
        )
    )
    yield with_mergekit(
        merge(
            "task-arithmetic-normalized", "task_arithmetic", parents(*FOUR, weight=[0.5, 0.3, 0.4, 1]),
            {"lambda": 0.7, "normalize": True}, base="base", tensors=SAMPLE,
        )
    )
    yield merge(
        "analogy", "analogy", parents("m3", "m2", "m1"), {"lambda": 0.6}, base="base", tensors=SAMPLE,
        note="A is to B as C is to the result; parents C, B, A: base + lambda*(tauC + tauB - tauA).",
    )
    same = "Trimmed tensor by tensor to max(1, floor(density*n)) entries."
    own = parents(*FOUR, weight=[0.5, 0.3, 0.8, 0.4], density=[0.4, 0.5, 0.2, 0.6])
    ours = tuple(BY_TENSOR)
    yield with_mergekit(merge("ties", "ties", own, {"lambda": 1, **BY_TENSOR}, base="base", note=same), ours=ours)
    yield with_mergekit(
        merge("ties-plain-sum", "ties", own, {"lambda": 0.6, **BY_TENSOR, "aggregate": "sum"}, base="base", tensors=SAMPLE, note=same),
        parameters={"normalize": False}, ours=ours,
    )
    yield with_mergekit(
        merge(
            "ties-one-entry", "ties", parents("m1", "m2", weight=1, density=0.001), {"lambda": 1, **BY_TENSOR},
            base="base", tensors=SAMPLE, note="floor(density*n) is 0 for every tensor: one entry is kept.",
        ),
        ours=ours,
    )
    ties = parents("tie1", "tie2", "tie3", weight=1, density=0.5)
    yield merge(
        "ties-equal-magnitudes", "ties", ties, {"lambda": 1, **BY_TENSOR}, base="tie-base",
        note=same + " Of equal magnitudes those of the lower index stay. From the formula: mergekit's sort is not stable, any of them may stay.",
    )
    yield with_mergekit(
        merge(
            "ties-equal-magnitudes-weights", "ties", parents("tie1", "tie2", "tie3", weight=[1, 2, 1], density=1),
            {"lambda": 1, **BY_TENSOR}, base="tie-base", note="Sums of exactly 0: the elected sign is +.",
        ),
        ours=ours,
    )
    paper = (
        "Original paper and code: one threshold for each model over all tensors, |x| >= the (d - floor(density*d))-th smallest magnitude "
        "(so floor(density*d) + 1 entries without ties), a sum of 0 takes the sign of the sum of all signs."
    )
    own = parents(*FOUR, density=0.2)
    for aggregate in ("mean", "sum", "max"):
        yield merge(
            f"ties-paper-{aggregate}", "ties", own, {"lambda": 1 if aggregate == "mean" else 0.4, **BY_MODEL, "aggregate": aggregate},
            base="base", tensors=None if aggregate == "mean" else SAMPLE, note=paper, source=CODE,
        )
    yield merge("ties-paper-keep-all", "ties", parents(*FOUR, density=1), {"lambda": 1, **BY_MODEL}, base="base", tensors=SAMPLE, note=paper, source=CODE)
    for density in (0.5, 1):
        yield merge(
            f"ties-paper-equal-magnitudes-{density}", "ties", parents("tie1", "tie2", "tie3", density=density),
            {"lambda": 1, **BY_MODEL}, base="tie-base", note=paper, source=CODE,
        )
    own = parents(*FOUR, weight=[0.5, 0.3, -0.4, 0.9], density=[0.5, 0.9, 0.3, 0.7], gamma=[0.01, 0.05, 0.1, 0.2])
    crumbs = (
        "Drops the floor(gamma*n) largest and then the smallest, so that floor(density*n) stay; when that is too few for the top share, "
        "the top share shrinks. density 1 keeps everything."
    )
    yield with_mergekit(merge("breadcrumbs", "breadcrumbs", own, {"lambda": 0.8}, base="base", note=crumbs))
    yield with_mergekit(merge("breadcrumbs-ties", "breadcrumbs_ties", own, {"lambda": 0.8}, base="base", tensors=SAMPLE, note=crumbs))
    yield with_mergekit(
        merge(
            "breadcrumbs-top-share-shrinks", "breadcrumbs", parents("m1", "m3", weight=1, density=[0.97, 1], gamma=0.1), {"lambda": 1},
            base="base", tensors=SAMPLE, note=crumbs,
        )
    )
    yield with_mergekit(
        merge(
            "breadcrumbs-rescaled", "breadcrumbs", own, {"lambda": 0.8, "normalize": True, "rescale": "l1"}, base="base", tensors=SAMPLE,
            note=crumbs + " What stays is scaled to the L1 norm that the tensor had; the sum is divided by the sum of the weights.",
        ),
        parameters={"rescale": True}, ours=("rescale",),
    )
    for method in ("dare_linear", "dare_ties", "della", "della_linear"):
        for density in (0, 1):
            yield with_mergekit(
                merge(
                    f"{method.replace('_', '-')}-density-{density}", method, parents(*FOUR[:3], weight=[0.5, 0.3, 0.8], density=density),
                    {"lambda": 0.9}, base="base", tensors=SAMPLE, note="Not random: the inner merge at density 1, the base at density 0.",
                )
            )


def others():
    yield with_mergekit(
        merge("model-stock", "model_stock", parents(*FOUR), {"granularity": "tensor", "clamp": False}, base="base"), ours=("granularity", "clamp")
    )
    yield with_mergekit(
        merge("model-stock-rows", "model_stock", parents(*FOUR), {"granularity": "row", "clamp": False}, base="base", tensors=SAMPLE),
        parameters={"filter_wise": True}, ours=("granularity", "clamp"),
    )
    yield with_mergekit(
        merge("model-stock-two", "model_stock", parents("m1", "m3"), {"granularity": "tensor", "clamp": False}, base="base", tensors=SAMPLE),
        ours=("granularity", "clamp"),
    )
    opposed = parents("m1", "far")
    yield with_mergekit(
        merge(
            "model-stock-opposed-rows", "model_stock", opposed, {"granularity": "row", "clamp": False}, base="base", tensors=SAMPLE,
            note="The cosine of many rows is below 0; the ratio then is as well.",
        ),
        parameters={"filter_wise": True}, ours=("granularity", "clamp"),
    )
    yield merge(
        "model-stock-opposed-rows-clamped", "model_stock", opposed, {"granularity": "row", "clamp": True}, base="base", tensors=SAMPLE,
        note="As model-stock-opposed-rows, a cosine below 0 taken as 0.",
    )
    energies = (
        "Energies (the models' weights) are taken after the selection by variance. Where they sum to less than 1e-6 "
        "(model.norm.weight here) the weights are equal."
    )
    yield with_mergekit(merge("sce", "sce", parents(*FOUR), {"topk": 0.3}, base="base", note=energies))
    yield with_mergekit(merge("sce-all", "sce", parents(*FOUR[:3]), {"topk": 1}, base="base", tensors=SAMPLE, note=energies))
    yield with_mergekit(merge("nearswap", "nearswap", parents("m2"), {"t": 0.002}, base="base"))
    fusion = "Quartiles are order statistics at floor(q*(n - 1)), without interpolation; softmax and KL over the last axis."
    yield with_mergekit(merge("arcee-fusion", "arcee_fusion", parents("far"), base="base", note=fusion))
    yield merge(
        "arcee-fusion-small-deltas", "arcee_fusion", parents("m2"), base="base", tensors=CLEAR_OF_THRESHOLD,
        note=fusion + " For deltas of a few percent KL is about 1e-6: its terms cancel, so it has to be summed in float64. mergekit's "
        "float32 is off by percents and takes other entries; tensors here have no importance within 1 % of the threshold.",
    )
    yield with_mergekit(merge("ram", "ram", parents(*FOUR), {"epsilon": 1e-5}, base="base"))
    yield with_mergekit(
        merge("ram-coarse", "ram", parents(*FOUR), {"epsilon": 0.004}, base="base", tensors=SAMPLE, note="Many positions fall below epsilon: they keep the base.")
    )
    yield with_mergekit(
        merge("ram-plus", "ram_plus", parents(*FOUR), {"r": 0.1, "alpha": 0.2, "epsilon": 0.004}, base="base"), method="ramplus_tl"
    )
    yield with_mergekit(
        merge(
            "ram-plus-unclamped", "ram_plus", parents("m1", "m2"), {"r": 0.5, "alpha": 50, "epsilon": 0.003}, base="base", tensors=SAMPLE
        ),
        method="ramplus_tl",
    )


def whole_models():
    pcb = (
        "Magnitudes are clamped to the order statistics floor(0.0001*d) and floor(0.9999*d - 1), scores raised to the order statistic "
        "floor((1 - ratio)*d) of their model, as in the authors' pcb-merging.py, without interpolation."
    )
    yield merge("pcb", "pcb", parents(*FOUR), {"ratio": 0.1, "lambda": 1.2, "variant": "reference"}, base="base", note=pcb, source=CODE)
    yield merge(
        "pcb-ratio-0.4", "pcb", parents("m1", "m2"), {"ratio": 0.4, "lambda": 1, "variant": "reference"}, base="base", tensors=SAMPLE,
        note=pcb, source=CODE,
    )
    opcm = "Final weights after 3 arrivals, in the order of the parents. The norm is that of all tensors together."
    yield merge(
        "opcm", "opcm", parents(*FOUR[:3]), {"alpha": 0.5}, base="base", source=CODE, tolerance=2e-6,
        note=opcm + " Projected: tensors of linear layers, lm_head among them, not the embedding.",
    )
    yield merge(
        "opcm-layers-only", "opcm", parents(*FOUR[:3]), {"alpha": 0.3}, base="base", source=CODE, tolerance=2e-6,
        exclude=["model.embed_tokens.*", "lm_head.*", "model.norm.*"], tensors=IN_LAYERS,
        note=opcm + " Embedding, head and norm are left out of the merge, and of the norms.",
    )
    yield merge(
        "dppa", "dppa", parents("m1"), {"sparsity": 0.9, "spread": 0.08, "multiple": 5}, base="base", tensors=IN_LAYERS, source=CODE,
        note="One expert, not amplified. By layer the outliers are those above 3 times the mean magnitude, by module above `multiple` "
        "times; tensors outside layers are left open.",
    )
    yield merge(
        "dppa-0.8", "dppa", parents("m3"), {"sparsity": 0.8, "spread": 0.05, "multiple": 3}, base="base", tensors=IN_LAYERS, source=CODE,
        note="As dppa.",
    )


def configurations():
    """Settings that vary over layers and tensors, and slices: run with mergekit-yaml on the complete Llamas."""

    def configuration(name, note, **config):
        return {"name": name, "type": "configuration", "source": "mergekit", "recipe": None, "mergekit": config | {"dtype": "float32"},
                "tolerance": 1e-6, "note": note}

    yield configuration(
        "configuration-gradients", "Interpolated over the layers by kind of tensor; embeddings, norm and head take the plain value.",
        merge_method="slerp", base_model="llama1", models=[{"model": "llama1"}, {"model": "llama2"}],
        parameters={"t": [{"filter": "self_attn", "value": [0, 0.5, 0.3, 1]}, {"filter": "mlp", "value": [1, 0]}, {"value": 0.5}]},
    )
    yield configuration(
        "configuration-own-gradients", "A gradient of one model without a filter: what stands outside the layers takes its first value.",
        merge_method="task_arithmetic", base_model="llama1",
        models=[{"model": "llama2", "parameters": {"weight": [{"filter": "down_proj", "value": 0.2}, {"value": [0.6, 1]}]}}],
        parameters={"lambda": 0.9},
    )
    yield configuration(
        "configuration-stack", "Two layers of each model one upon the other; one kind of tensor scaled.",
        merge_method="passthrough",
        slices=[
            {"sources": [{"model": "llama1", "layer_range": [0, 2]}]},
            {
                "sources": [
                    {"model": "llama2", "layer_range": [1, 3], "parameters": {"scale": [{"filter": "o_proj", "value": 0.9}, {"value": 1.0}]}}
                ]
            },
        ],
    )
    yield configuration(
        "configuration-slices", "Layers of different numbers averaged; settings of a source go before those of its slice, those before the whole's.",
        merge_method="linear", parameters={"weight": 1, "normalize": True},
        slices=[
            {
                "sources": [
                    {"model": "llama1", "layer_range": [0, 2], "parameters": {"weight": [1, 0.25]}},
                    {"model": "llama2", "layer_range": [1, 3]},
                ],
                "parameters": {"weight": 0.5},
            },
            {
                "sources": [
                    {"model": "llama1", "layer_range": [2, 3]},
                    {"model": "llama2", "layer_range": [0, 1], "parameters": {"weight": [{"filter": "mlp", "value": 3}]}},
                ]
            },
        ],
    )


def merges():
    for group in (averages, spheres, task_vectors, others, whole_models):
        yield from group()
