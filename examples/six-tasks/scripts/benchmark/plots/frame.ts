export interface Scale {
  readonly domain: readonly [number, number];
  at(value: number): number;
}

export function scaleOf(domain: readonly [number, number], range: readonly [number, number]): Scale {
  const [low, high] = domain;
  const width = high - low || 1;
  return { domain, at: (value) => range[0] + ((value - low) / width) * (range[1] - range[0]) };
}

/** Round numbers within a scale, about five of them. */
export function ticksOf({ domain: [low, high] }: Scale): number[] {
  const rough = (high - low || 1) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.floor(high / step + 1e-9) - first + 1;
  return Array.from({ length: count }, (_, k) => Number(((first + k) * step).toPrecision(12)));
}

/** Okabe and Ito's colours, told apart by readers of all kinds of colour vision; darker on light ground, lighter on dark. */
const colours = [
  ["#0072b2", "#56b4e9"],
  ["#a14a00", "#e69f00"],
  ["#007a5a", "#2fd6a5"],
  ["#a8326e", "#e58fc0"],
  ["#5b5b00", "#f0e442"],
  ["#5a3fa0", "#b7a3ff"],
  ["#666666", "#bbbbbb"],
  ["#8a1c1c", "#ff9a8a"],
];

const style = (tone: 0 | 1, ink: string, grid: string): string =>
  [
    `text{fill:${ink}}.g{stroke:${grid}}.a{stroke:${ink}}`,
    ...colours.map((pair, i) => `.c${i}{stroke:${pair[tone]};fill:${pair[tone]}}`),
    // A name is filled, a line is not.
    ...colours.map(
      (pair, i) => `text.c${i}{fill:${pair[tone]};stroke:none}path.c${i}[fill=none]{fill:none}path.b.c${i}{stroke:none}`,
    ),
  ].join("");

export interface Frame {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly across: Scale;
  readonly up: Scale;
  readonly xTicks: readonly number[];
  readonly yTicks: readonly number[];
  readonly body: readonly string[];
  /** Default 380. */
  readonly height?: number;
}

/** Axes, grid and title around a drawing 760 wide. */
export function frame({ title, x, y, across, up, xTicks, yTicks, body, height = 380 }: Frame): string {
  const [bottom, top] = [up.at(up.domain[0]), up.at(up.domain[1])];
  const [left, right] = [across.at(across.domain[0]), across.at(across.domain[1])];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 ${height}" role="img" aria-label="${title}">`,
    `<style>text{font:12px system-ui,sans-serif}.t{font-size:15px;font-weight:600}.n{font-size:11px}.g{stroke-width:1}${style(0, "#222", "#ddd")}`,
    `@media(prefers-color-scheme:dark){${style(1, "#eee", "#444")}}</style>`,
    `<text class="t" x="16" y="26">${title}</text>`,
    ...yTicks.map((tick) => {
      const at = up.at(tick).toFixed(1);
      return `<path class="g" d="M${left} ${at}H${right}"/><text x="${left - 8}" y="${Number(at) + 4}" text-anchor="end">${tick}</text>`;
    }),
    ...xTicks.map((tick) => `<text x="${across.at(tick).toFixed(1)}" y="${bottom + 18}" text-anchor="middle">${tick}</text>`),
    `<path class="a" fill="none" d="M${left} ${top}V${bottom}H${right}"/>`,
    ...body,
    `<text x="${(left + right) / 2}" y="${bottom + 38}" text-anchor="middle">${x}</text>`,
    `<text transform="translate(18 ${(top + bottom) / 2})rotate(-90)" text-anchor="middle">${y}</text>`,
    "</svg>",
    "",
  ].join("\n");
}
