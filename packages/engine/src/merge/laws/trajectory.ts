import { close, firstOf, type Law, merge, same, scaleOf } from "./law.ts";

export const windowOfOneIsLast: Law = {
  sentence: "A window of 1 gives the last parent.",
  holds: (method, sample) => same(merge(method, sample, { params: { window: 1 } }), sample.parents.at(-1) ?? sample.base),
};

export const onlyTheWindow: Law = {
  sentence: "Parents before the window do not enter the result.",
  holds(method, sample) {
    const window = 1 + Math.floor(sample.t * sample.parents.length);
    const params = { window };
    return same(merge(method, sample, { params }), merge(method, sample, { parents: sample.parents.slice(-window), params }));
  },
};

export const noDecayIsLast: Law = {
  sentence: "decay 0 gives the last parent.",
  holds: (method, sample) => same(merge(method, sample, { params: { decay: 0 } }), sample.parents.at(-1) ?? sample.base),
};

export const fullDecayIsFirst: Law = {
  sentence: "decay 1 gives the first parent.",
  holds: (method, sample) => same(merge(method, sample, { params: { decay: 1 } }), firstOf(sample)),
};

export const twoAreBlended: Law = {
  sentence: "Two parents are blended with decay and 1 - decay.",
  holds(method, sample) {
    const { parents, base, t } = sample;
    const [first, last] = [firstOf(sample), parents.at(-1) ?? base];
    const expected = first.map((x, i) => t * x + (1 - t) * (last[i] ?? 0));
    return close(merge(method, sample, { parents: [first, last], params: { decay: t } }), expected, scaleOf([first, last]));
  },
};
