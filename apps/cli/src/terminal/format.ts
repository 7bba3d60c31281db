/** Narrow no-break space, between groups of thousands and before units. */
export const thinSpace = "\u202f";

const threeFigures = (value: number): string => {
  const digits = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return value.toFixed(digits);
};

function scaled(value: number, base: number, units: readonly string[]): { figures: string; unit: string } {
  let size = value;
  let step = 0;
  while (step < units.length - 1 && size >= base * 0.9995) {
    size /= base;
    step += 1;
  }
  return { figures: step === 0 ? String(Math.round(size)) : threeFigures(size), unit: units[step] ?? "" };
}

/** 22.7M, 7.24B; below a thousand the number itself. */
export function formatParameters(count: number): string {
  const { figures, unit } = scaled(count, 1000, ["", "K", "M", "B", "T"]);
  return `${figures}${unit}`;
}

/** Decimal units, three figures: 90.9 MB, 14.5 GB. */
export function formatBytes(bytes: number): string {
  const { figures, unit } = scaled(bytes, 1000, ["B", "kB", "MB", "GB", "TB", "PB"]);
  return `${figures} ${unit}`;
}

/** Grouped from 10 000 on: 2048, 15 840. */
export function formatCount(count: number): string {
  const digits = String(count);
  return Math.abs(count) < 10_000 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, thinSpace);
}

/** Three digits, never as a power of ten: 4.31, 276, 38 900. */
export const formatRate = (rate: number): string => {
  const rounded = Number(rate.toPrecision(3));
  return rounded < 1000 ? rate.toPrecision(3) : formatCount(rounded);
};

export const plural = (count: number, noun: string): string => `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;

/** 0.31 s, 34 s, 6 min, 2 h 10 min. */
export function formatDuration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(seconds < 0.995 ? 2 : 1)} s`;
  if (seconds < 99.5) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${rest} min`;
}

export const formatTimeLeft = (seconds: number): string => `about ${formatDuration(Math.max(1, Math.round(seconds)))} left`;

/** An accuracy as .740; a full score stays 1.000. */
export const formatScore = (value: number): string => value.toFixed(3).replace(/^(-?)0\./, "$1.");

/** .740 ± .007 when both sides round to the same half-width, else .957 (.946 to .966). */
export function formatInterval(value: number, low: number, high: number): string {
  const below = Math.round((value - low) * 1000);
  const above = Math.round((high - value) * 1000);
  if (Math.abs(above - below) <= 1) return `${formatScore(value)} ± ${formatScore((high - low) / 2)}`;
  return `${formatScore(value)} (${formatScore(low)} to ${formatScore(high)})`;
}

/** Points with one decimal; what rounds to nothing has no sign. */
const points = (value: number): string =>
  (value * 100)
    .toFixed(1)
    .replace(/^-0\.0$/, "0.0")
    .replace("-", "−");

/** A paired difference in points, signed: +7.5 (6.6 to 8.4). */
export const formatDifference = (value: number, low: number, high: number): string =>
  `${points(value).startsWith("−") ? "" : "+"}${points(value)} (${points(low)} to ${points(high)})`;

/** 4f9a21c0…8be3 */
export const formatDigest = (digest: string | null): string =>
  digest === null ? "none yet" : `${digest.slice(0, 8)}…${digest.slice(-4)}`;

export const formatShape = (shape: readonly number[]): string => (shape.length === 0 ? "scalar" : shape.join("×"));

/** 6 min ago, 3 h ago, 5 days ago, then the date. */
export function formatAgo(date: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - date.getTime()) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)} h ago`;
  const days = Math.floor(minutes / (24 * 60));
  return days <= 14 ? `${days} days ago` : date.toISOString().slice(0, 10);
}

// Control characters, zero-width and direction-changing ones: a tensor name must not move the cursor or reverse a line.
const unprintable = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Text from a file or a server, safe to print: what would act on the terminal is shown as \u{…}; long names are cut in the middle. */
export function printable(text: string, limit = 200): string {
  const escaped = text.replace(unprintable, (match) => `\\u{${(match.codePointAt(0) ?? 0).toString(16)}}`);
  return escaped.length <= limit ? escaped : `${escaped.slice(0, limit / 2)}…${escaped.slice(-limit / 4)}`;
}
