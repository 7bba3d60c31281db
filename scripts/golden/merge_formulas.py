"""Merge methods in float64, written from the papers' formulas and the authors' published behaviour; slow and plain on purpose.

Every method is called with the base (or None), the parents' tensors by name, what the recipe says for each parent, and the
parameters; it returns the result's tensors by name. They are the reference where no program has the method, and a second opinion
where mergekit has it.
"""

import numpy as np


def per_tensor(method):
    """Turns a method of one tensor into one of a whole model."""

    def whole(base, models, own, **parameters):
        return {
            name: method(None if base is None else base[name], [model[name] for model in models], own, **parameters)
            for name in models[0]
        }

    return whole


def values(own, key, default):
    return [parent.get(key, default) for parent in own]


def column(weights, like):
    """Weights that multiply along the first axis, one for each model."""
    return np.asarray(weights, dtype=np.float64).reshape(-1, *[1] * like.ndim)


# Averages


@per_tensor
def linear(_, x, own, normalize=True):
    weights = values(own, "weight", 1)
    total = sum(w * value for w, value in zip(weights, x))
    return total / sum(weights) if normalize else total


@per_tensor
def mean(_, x, own):
    return np.mean(x, axis=0)


@per_tensor
def lawa(_, x, own, window):
    return np.mean(x[-window:], axis=0)


@per_tensor
def ema(_, x, own, decay):
    average = x[0]
    for value in x[1:]:
        average = decay * average + (1 - decay) * value
    return average


@per_tensor
def passthrough(_, x, own):
    return x[0] * own[0].get("scale", 1)


# On the sphere


def arc(a, b, t, straight, axis=None):
    """Spherical interpolation of the vectors along axis (None: of the whole); a line where the cosine says it is straight."""
    norms = np.linalg.norm(a, axis=axis, keepdims=True) if axis is not None else np.linalg.norm(a)
    others = np.linalg.norm(b, axis=axis, keepdims=True) if axis is not None else np.linalg.norm(b)
    dots = np.sum(a * b, axis=axis, keepdims=axis is not None)
    cosine = np.clip(dots / np.maximum(norms * others, 1e-300), -1, 1)
    line = straight(cosine)
    omega = np.arccos(np.where(line, 0, cosine))
    first = np.where(line, 1 - t, np.sin((1 - t) * omega) / np.sin(omega))
    second = np.where(line, t, np.sin(t * omega) / np.sin(omega))
    return first * a + second * b


@per_tensor
def slerp(_, x, own, t=0.5):
    return arc(x[0].ravel(), x[1].ravel(), t, lambda cosine: np.abs(cosine) > 0.9995).reshape(x[0].shape)


@per_tensor
def nuslerp(base, x, own, granularity="tensor"):
    first, second = values(own, "weight", 1)
    t = 0.5 if abs(first + second) < 1e-6 else second / (first + second)
    start = 0 if base is None else base
    a, b = x[0] - start, x[1] - start
    axis = {"tensor": None, "row": -1, "column": 0}[granularity]
    shape = a.shape
    if axis is None:
        a, b = a.ravel(), b.ravel()
    return start + arc(a, b, t, lambda cosine: 1 - cosine**2 <= 1e-16, axis).reshape(shape)


@per_tensor
def multislerp(base, x, own, normalizeWeights=True, eps=1e-8):
    start = 0 if base is None else base
    weights = np.array(values(own, "weight", 1), dtype=np.float64)
    if normalizeWeights:
        weights = weights / weights.sum()
    vectors = np.array([(value - start).ravel() for value in x])
    norms = np.linalg.norm(vectors, axis=1)
    direction = weights @ (vectors / (norms + eps)[:, None])
    length = np.linalg.norm(direction)
    result = weights @ vectors if length < eps else direction / length * (weights @ norms)
    return start + result.reshape(x[0].shape)


@per_tensor
def karcher(_, x, own, maxIterations=10, tolerance=1e-5):
    vectors = np.array([value.ravel() for value in x])
    norms = np.linalg.norm(vectors, axis=1)
    units = vectors[norms > tolerance] / norms[norms > tolerance, None]
    centre = units.mean(axis=0)
    centre = centre / np.linalg.norm(centre) if np.linalg.norm(centre) >= tolerance else units[0]
    for _step in range(maxIterations):
        cosines = np.clip(units @ centre, -1, 1)
        angles = np.arccos(cosines)
        far = angles >= tolerance
        logs = (angles[far] / np.sin(angles[far]))[:, None] * (units[far] - cosines[far, None] * centre)
        step = logs.sum(axis=0) / len(units)
        length = np.linalg.norm(step)
        if length < tolerance:
            break
        centre = np.cos(length) * centre + np.sin(length) * step / length
        centre = centre / np.linalg.norm(centre)
    return (centre * norms.mean()).reshape(x[0].shape)


# Task vectors


def keep_largest(delta, count):
    """Exactly count largest magnitudes; of equal ones those of the lowest index."""
    flat = delta.ravel()
    kept = np.zeros_like(flat)
    order = np.argsort(-np.abs(flat), kind="stable")[:count]
    kept[order] = flat[order]
    return kept.reshape(delta.shape)


def trim(delta, density):
    if density >= 1:
        return delta
    return keep_largest(delta, 0 if density <= 0 else max(1, int(density * delta.size)))


def drop_ends(delta, density, gamma):
    """Breadcrumbs: without the largest gamma and the smallest rest, density of the entries left."""
    if density >= 1:
        return delta
    kept = int(density * delta.size)
    smallest = max(0, delta.size - kept - int(gamma * delta.size))
    flat, result = delta.ravel(), np.zeros(delta.size)
    order = np.argsort(np.abs(flat), kind="stable")[smallest : smallest + kept]
    result[order] = flat[order]
    return result.reshape(delta.shape)


def combine(deltas, weights, elect, normalize):
    """Weighted sum, of the entries with the elected sign only when elect; divided by the weights of what was added."""
    w = column(weights, deltas[0])
    weighted = w * np.array(deltas)
    if not elect:
        total = sum(weights)
        return weighted.sum(axis=0) / (total if normalize and abs(total) >= 1e-8 else 1)
    sign = np.where(weighted.sum(axis=0) >= 0, 1, -1)
    agree = np.sign(weighted) == sign
    divisor = (w * agree).sum(axis=0)
    return (weighted * agree).sum(axis=0) / (np.where(divisor == 0, 1, divisor) if normalize else 1)


def sparse_method(sparsify, elect, normalized):
    @per_tensor
    def method(base, x, own, normalize=normalized, rescale="none", **rest):
        factor = rest.pop("lambda", 1)
        assert not rest, rest
        deltas = [sparsify(value - base, **{k: v for k, v in parent.items() if k != "weight"}) for value, parent in zip(x, own)]
        if rescale == "l1":
            deltas = [delta * np.abs(value - base).sum() / np.abs(delta).sum() for delta, value in zip(deltas, x)]
        return base + factor * combine(deltas, values(own, "weight", 1), elect, normalize)

    return method


task_arithmetic = sparse_method(lambda delta: delta, False, False)
ties_by_tensor = sparse_method(lambda delta, density=1: trim(delta, density), True, True)
breadcrumbs = sparse_method(lambda delta, density=1, gamma=0.01: drop_ends(delta, density, gamma), False, False)
breadcrumbs_ties = sparse_method(lambda delta, density=1, gamma=0.01: drop_ends(delta, density, gamma), True, False)


def ends_only(delta, density, **_):
    """DARE and DELLA where they are not random."""
    assert density in (0, 1)
    return delta * density


dare_linear = sparse_method(ends_only, False, False)
dare_ties = sparse_method(ends_only, True, False)
della = sparse_method(ends_only, True, True)
della_linear = sparse_method(ends_only, False, False)


def flatten(base, models):
    return np.array([np.concatenate([(model[name] - base[name]).ravel() for name in base]) for model in models])


def unflatten(base, vector, factor=1):
    result, at = {}, 0
    for name, value in base.items():
        result[name] = value + factor * vector[at : at + value.size].reshape(value.shape)
        at += value.size
    return result


def ties_of_paper(base, models, own, aggregate, elect, **parameters):
    """Yadav et al. 2023: one threshold for each model, entries at the threshold stay, a sum of 0 takes the majority's sign."""
    vectors = flatten(base, models)
    for vector, density in zip(vectors, values(own, "density", 1)):
        if density < 1:
            rank = vector.size - int(vector.size * density)
            vector[np.abs(vector) < np.sort(np.abs(vector))[rank - 1]] = 0
    sign = np.sign(vectors.sum(axis=0))
    if elect == "majority":
        sign[sign == 0] = np.sign(sign.sum())
    kept = np.where(np.where(sign > 0, vectors > 0, vectors < 0), vectors, 0)
    merged = {
        "mean": lambda: kept.sum(axis=0) / np.maximum((kept != 0).sum(axis=0), 1),
        "sum": lambda: kept.sum(axis=0),
        "max": lambda: np.abs(kept).max(axis=0) * sign,
    }[aggregate]()
    return unflatten(base, merged, parameters.get("lambda", 1))


def ties(base, models, own, trim, ties, **parameters):
    if trim == "model":
        assert ties == "all"
        return ties_of_paper(base, models, own, **parameters)
    assert ties == "first" and parameters.pop("elect") == "non-negative"
    mean = {"weighted-mean": True, "sum": False}[parameters.pop("aggregate")]
    return ties_by_tensor(base, models, own, normalize=mean, **parameters)


def analogy(base, models, own, **parameters):
    c, b, a = flatten(base, models)
    return unflatten(base, c + b - a, parameters["lambda"])


@per_tensor
def model_stock(base, x, own, granularity="tensor", clamp=False):
    shape = base.shape
    rows = (base.shape[0], -1) if granularity == "row" and base.ndim > 1 else (1, -1)
    base = base.reshape(rows)
    deltas = [value.reshape(rows) - base for value in x]
    count = len(deltas)
    cosines = [
        np.clip(np.sum(a * b, axis=1) / np.maximum(np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1), 1e-6), -1, 1)
        for i, a in enumerate(deltas)
        for b in deltas[i + 1 :]
    ]
    c = np.mean(cosines, axis=0)[:, None]
    if clamp:
        c = np.maximum(c, 0)
    return (base + count * c / (1 + (count - 1) * c) * np.mean(deltas, axis=0)).reshape(shape)


@per_tensor
def sce(base, x, own, topk=1):
    deltas = np.array([value - base for value in x])
    variance = deltas.var(axis=0)
    kept = keep_largest(variance, int(np.count_nonzero(variance) * topk)) > 0
    if topk < 1:
        deltas = deltas * kept
    energy = np.mean(deltas.reshape(len(x), -1) ** 2, axis=1)
    weights = energy / energy.sum() if energy.sum() >= 1e-6 else np.full(len(x), 1 / len(x))
    agree = (np.sign(deltas) == np.where(deltas.sum(axis=0) >= 0, 1, -1)) * column(weights, base)
    return base + (deltas * agree).sum(axis=0) / np.maximum(agree.sum(axis=0), 1e-6)


@per_tensor
def nearswap(base, x, own, t):
    share = np.clip(t / np.maximum(np.abs(base - x[0]), 1e-6), 0, 1)
    return share * x[0] + (1 - share) * base


@per_tensor
def arcee_fusion(base, x, own):
    def softmax(value):
        powers = np.exp(value - value.max(axis=-1, keepdims=True))
        return powers / powers.sum(axis=-1, keepdims=True) + 1e-8

    p, q = softmax(x[0]), softmax(base)
    importance = np.abs(x[0] - base) * np.sum(p * np.log(p / q), axis=-1, keepdims=True)
    ordered = np.sort(importance.ravel())
    low, middle, high = (ordered[int(share * (ordered.size - 1))] for share in (0.25, 0.5, 0.75))
    return np.where(importance >= middle + 1.5 * (high - low), x[0], base)


def ram_with(base, x, epsilon, factors):
    deltas = np.array([value - base for value in x])
    active = np.abs(deltas) > epsilon
    count = active.sum(axis=0)
    unique, shared = active & (count == 1), active & (count > 1)
    scales = column(factors(shared.reshape(len(x), -1).sum(axis=1), unique.reshape(len(x), -1).sum(axis=1)), base)
    return base + (deltas * unique * scales + deltas * shared / np.maximum(count, 1)).sum(axis=0)


@per_tensor
def ram(base, x, own, epsilon=1e-5):
    return ram_with(base, x, epsilon, lambda shared, _unique: np.ones(len(shared)))


@per_tensor
def ram_plus(base, x, own, r=0.1, alpha=0.2, epsilon=1e-5):
    return ram_with(base, x, epsilon, lambda shared, unique: 1 + r * np.clip(shared / np.maximum(unique, epsilon), 0, alpha))


# Methods that look at the whole model


def pcb(base, models, own, ratio, variant="reference", **parameters):
    assert variant == "reference"
    vectors = flatten(base, models)
    count, size = vectors.shape

    def unit(rows):
        low, high = rows.min(axis=1, keepdims=True), rows.max(axis=1, keepdims=True)
        return (rows - low) / (high - low)

    magnitudes = np.abs(vectors)
    ordered = np.sort(magnitudes, axis=1)
    magnitudes = np.clip(magnitudes, ordered[:, [int(size * 0.0001)]], ordered[:, [int(size * (1 - 0.0001) - 1)]])
    clamped = np.sign(vectors) * magnitudes
    scores = np.exp(count * unit(magnitudes) ** 2) * np.tanh(vectors * vectors.sum(axis=0))
    shares = unit(np.maximum(scores, np.sort(scores, axis=1)[:, [int(size * (1 - ratio))]]))
    merged = (clamped * shares).sum(axis=0) / np.maximum(shares.sum(axis=0), 1e-12)
    return unflatten(base, merged, parameters.get("lambda", 1))


def emr(base, models):
    """Unified vector, mask of every task, scaler of every task, and what each task gets back."""
    deltas = [{name: model[name] - base[name] for name in base} for model in models]
    unified, masks = {}, [{} for _ in models]
    for name in base:
        sign = np.where(np.mean([delta[name] for delta in deltas], axis=0) > 0, 1, -1)
        for mask, delta in zip(masks, deltas):
            mask[name] = delta[name] * sign > 0
        unified[name] = sign * np.max([np.abs(delta[name] * mask[name]) for mask, delta in zip(masks, deltas)], axis=0)
    scalers = {
        "tensorMeans": [
            sum(np.mean(np.abs(delta[name])) for name in base) / sum(np.mean(np.abs(unified[name] * mask[name])) for name in base)
            for mask, delta in zip(masks, deltas)
        ],
        "global": [
            sum(np.sum(np.abs(delta[name])) for name in base) / sum(np.sum(np.abs(unified[name] * mask[name])) for name in base)
            for mask, delta in zip(masks, deltas)
        ],
    }
    restored = [
        {name: base[name] + scale * mask[name] * unified[name] for name in base}
        for mask, scale in zip(masks, scalers["tensorMeans"])
    ]
    return unified, masks, scalers, restored


def opcm(base, models, own, alpha=0.5, projected=lambda name: name != "model.embed_tokens.weight"):
    """Tang et al. 2025, models arriving in the order of the parents."""

    def norm(model):
        return np.sqrt(sum(np.sum((model[name] - base[name]) ** 2) for name in base))

    merged, factor, norms = dict(models[0]), 1, [norm(models[0])]
    for model in models[1:]:
        norms.append(norm(model))
        for name, start in base.items():
            before, delta = merged[name] - start, model[name] - start
            if start.ndim == 2 and projected(name) and np.any(before):
                u, s, vt = np.linalg.svd(before, full_matrices=True)
                rank = int(np.argmax(np.cumsum(s) / s.sum() > alpha))
                inside = u.T @ delta @ vt.T
                np.fill_diagonal(inside, 0)
                inside[:rank, :rank] = 0
                delta = u @ inside @ vt
            merged[name] = start + factor * before + delta
        length, target = norm(merged), np.mean(norms)
        factor = length / target
        merged = {name: start + (merged[name] - start) / factor for name, start in base.items()}
    return merged


def dppa(base, models, own, sparsity, spread, multiple):
    """Zhu et al. 2024, the pruning half (magnitude variant): density by layer and by linear module. Tensors of layers only."""
    (model,) = models
    names = [name for name in base if ".layers." in name and base[name].ndim == 2]
    layers = [int(name.split(".layers.")[1].split(".")[0]) for name in names]
    deltas = [model[name] - base[name] for name in names]

    def share(magnitudes, times):
        return 100 * np.mean(magnitudes > times * magnitudes.mean())

    by_layer = np.array(
        [
            share(np.concatenate([np.abs(d).ravel() for d, at in zip(deltas, layers) if at == layer]), 3)
            for layer in range(max(layers) + 1)
        ]
    )
    by_layer = by_layer - by_layer.mean()
    densities = by_layer * spread / np.abs(by_layer).max() + (1 - sparsity)
    by_module = np.array([share(np.abs(delta), multiple) for delta in deltas])
    by_module = by_module / by_module.mean()
    by_module = by_module - np.average(by_module, weights=[delta.size for delta in deltas])
    by_module = by_module * spread / np.abs(by_module).max() + densities[layers]
    result = {}
    for name, delta, density in zip(names, deltas, by_module):
        limit = np.sort(np.abs(delta).ravel())[int(delta.size * min(max(1 - density, 0.01), 1 - 1e-9))]
        result[name] = base[name] + np.where(np.abs(delta) > limit, delta, 0)
    return result


FORMULAS = {
    "linear": linear,
    "uniform_soup": mean,
    "swa": mean,
    "lawa": lawa,
    "ema": ema,
    "passthrough": passthrough,
    "slerp": slerp,
    "nuslerp": nuslerp,
    "multislerp": multislerp,
    "karcher": karcher,
    "task_arithmetic": task_arithmetic,
    "analogy": analogy,
    "ties": ties,
    "breadcrumbs": breadcrumbs,
    "breadcrumbs_ties": breadcrumbs_ties,
    "dare_linear": dare_linear,
    "dare_ties": dare_ties,
    "della": della,
    "della_linear": della_linear,
    "model_stock": model_stock,
    "sce": sce,
    "nearswap": nearswap,
    "arcee_fusion": arcee_fusion,
    "ram": ram,
    "ram_plus": ram_plus,
    "pcb": pcb,
    "opcm": opcm,
    "dppa": dppa,
}
