/** Number formats of the whole interface. Thousands and per cent take a narrow no-break space; before a unit made of
 * letters that is too tight in Inter, so those take an ordinary no-break one. */
const thin = "\u202f";
const space = "\u00a0";
const minus = "\u2212";

/** Three decimals without the leading zero: .740 */
export function accuracy(value: number): string {
  return withoutZero(value.toFixed(3));
}

/** "± .007", or "(.946 to .966)" when the two sides differ by a visible amount. */
export function interval(value: number, low: number, high: number): string {
  const below = value - low;
  const above = high - value;
  if (Math.abs(below - above) < 0.0015) return `± ${accuracy((below + above) / 2)}`;
  return `(${accuracy(low)} to ${accuracy(high)})`;
}

/** A difference of accuracies in points, with its sign: +7.5 */
export function points(difference: number): string {
  const text = Math.abs(difference * 100).toFixed(1);
  if (Number(text) === 0) return "0.0";
  return `${difference < 0 ? minus : "+"}${text}`;
}

/** "6.6 to 8.4" */
export function pointsRange(low: number, high: number): string {
  return `${signed((low * 100).toFixed(1))} to ${signed((high * 100).toFixed(1))}`;
}

export function percent(share: number): string {
  return `${signed(Math.round(share * 100).toString())}${thin}%`;
}

/** Two decimals where the number stands alone: 0.42, −0.20 */
export function coefficient(value: number): string {
  return signed(value.toFixed(2));
}

/** On a strand: .42, −.20, 1.00 */
export function strandLabel(value: number): string {
  return withoutZero(value.toFixed(2));
}

/** 22.7M, 7.24B: three figures. */
export function parameters(count: number): string {
  return scaled(count, ["", "K", "M", "B", "T"], "");
}

/** Decimal units, three figures: 90.9 MB */
export function bytes(count: number): string {
  return scaled(count, ["B", "kB", "MB", "GB", "TB", "PB"], space);
}

/** Grouped from 10 000 on. */
export function integer(value: number): string {
  const text = Math.abs(Math.round(value)).toString();
  const grouped = text.length > 4 ? text.replace(/\B(?=(\d{3})+$)/g, thin) : text;
  return value < 0 ? `${minus}${grouped}` : grouped;
}

/** 0.31 s, 34 s, 6 min, 2 h 10 min */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${threeFigures(Math.max(0, seconds), 2)}${space}s`;
  if (seconds < 99.5) return `${Math.round(seconds)}${space}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}${space}min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)}${space}h${rest ? ` ${rest}${space}min` : ""}`;
}

/** 6 min ago, yesterday, 14 Nov 2026 */
export function ago(iso: string, now: number): string {
  const seconds = (now - Date.parse(iso)) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))}${space}min ago`;
  if (seconds < 86400) return `${Math.round(seconds / 3600)}${space}h ago`;
  const days = Math.round(seconds / 86400);
  if (days === 1) return "yesterday";
  if (days < 8) return `${days} days ago`;
  return new Date(iso).toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
}

/** 4f9a21c0…8be3, or 4f9a…8be3 when space is tight. */
export function shortDigest(digest: string, tight = false): string {
  const hex = digest.replace(/^sha256:/, "");
  if (hex.length <= 16) return hex;
  return `${hex.slice(0, tight ? 4 : 8)}…${hex.slice(-4)}`;
}

/** A tensor statistic: three significant figures, scientific only where zeros would hide them. */
export function statistic(value: number): string {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e6) return signed(value.toExponential(1));
  return size >= 999.5 ? integer(value) : signed(value.toPrecision(3));
}

const words = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];

/** Small counts read as words: "six tasks". */
export function countWord(count: number): string {
  return words[count] ?? integer(count);
}

export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${integer(count)} ${count === 1 ? noun : many}`;
}

export function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function signed(text: string): string {
  if (!text.startsWith("-")) return text;
  return Number(text) === 0 ? text.slice(1) : text.replace("-", minus);
}

function withoutZero(text: string): string {
  return signed(text).replace(/^(−?)0\./, "$1.");
}

function scaled(count: number, units: readonly string[], separator: string): string {
  let value = count;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const text = unit === 0 ? Math.round(value).toString() : threeFigures(value, 2);
  return units[unit] ? `${text}${separator}${units[unit]}` : text;
}

function threeFigures(value: number, mostDecimals: number): string {
  const decimals = value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
  return value.toFixed(Math.min(decimals, mostDecimals));
}
