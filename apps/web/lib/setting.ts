import { isRecord } from "./record.ts";

/** One value of a recipe. */
type Scalar = number | boolean | string;

interface SettingCase {
  /** Part of a tensor's name; absent: every tensor that no case before it took */
  readonly filter?: string;
  readonly value: Scalar | readonly Scalar[];
}

/** A value of a recipe; a list runs over the layers, the first case that fits a tensor decides. */
export type Setting = Scalar | readonly Scalar[] | readonly SettingCase[];
export type Settings = Readonly<Record<string, Setting>>;

/** A setting as the API or an address gives it; null when it is none. */
export function readSetting(value: unknown): Setting | null {
  if (isScalar(value)) return value;
  if (!Array.isArray(value) || value.length === 0) return null;
  if (value.every(isScalar)) return value;
  const cases = value.flatMap((item) => readCase(item) ?? []);
  return cases.length === value.length ? cases : null;
}

function readCase(item: unknown): SettingCase | null {
  if (!isRecord(item)) return null;
  const { filter, value } = item;
  const isList = Array.isArray(value) && value.length > 0 && value.every(isScalar);
  if (!isList && !isScalar(value)) return null;
  return typeof filter === "string" && filter !== "*" ? { filter, value } : { value };
}

export function readSettings(value: unknown): Record<string, Setting> {
  if (!isRecord(value)) return {};
  const read = Object.entries(value).map(([name, item]) => [name, readSetting(item)] as const);
  return Object.fromEntries(read.filter((pair): pair is [string, Setting] => pair[1] !== null));
}

export const isVarying = (setting: Setting | null | undefined): boolean => Array.isArray(setting);

/** Every scalar that a setting is written with. */
export function scalarsOf(setting: Setting): readonly Scalar[] {
  return isCases(setting) ? setting.flatMap(({ value }) => value as Scalar | Scalar[]) : ([setting].flat() as Scalar[]);
}

const mostShown = 8;

/** For reading: "0.2 → 1 over the layers", "mlp: 0.2, else 0.6". */
export function settingWords(setting: Setting): string {
  if (!isCases(setting)) return valueWords(setting as Scalar | readonly Scalar[]);
  return setting
    .map(({ filter, value }) => (filter === undefined ? `else ${valueWords(value)}` : `${filter}: ${valueWords(value)}`))
    .join(", ");
}

function valueWords(value: Scalar | readonly Scalar[]): string {
  if (isScalar(value)) return scalarWords(value);
  const [first = "", ...rest] = value.map(scalarWords);
  if (rest.every((word) => word === first)) return first;
  if (value.length <= mostShown) return `${[first, ...rest].join(" → ")} over the layers`;
  return `${first} → … → ${rest.at(-1)} over the layers (${value.length} values)`;
}

function scalarWords(value: Scalar): string {
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? numberWords(value) : value;
}

/** Six figures, a true minus. */
export const numberWords = (value: number): string => String(Number(value.toPrecision(6))).replaceAll("-", "−");

/** For typing: what `parseSetting` reads back as the same setting. */
export function writeSetting(setting: Setting): string {
  const list = (value: Scalar | readonly Scalar[]) => [value].flat().map(exactly).join(" → ");
  if (!isCases(setting)) return list(setting as Scalar | readonly Scalar[]);
  return setting
    .map(({ filter, value }) => `${filter === undefined ? "else" : `${filterText(filter)}:`} ${list(value)}`)
    .join(", ");
}

const exactly = (value: Scalar) => String(value).replaceAll("-", typeof value === "number" ? "−" : "-");
const filterText = (filter: string) => (/^[\w.*-]+$/.test(filter) && filter !== "else" ? filter : JSON.stringify(filter));

/** What a number field may hold: 0.5, or 0.2 → 1 over the layers, or mlp: 0.2, else 0.6. Null: not a setting yet. */
export function parseSetting(text: string): Setting | null {
  const plain = text.replaceAll("−", "-").trim();
  const single = numberOf(plain.replace(/^(-?\d*),(\d+)$/, "$1.$2"));
  if (single !== null) return single;
  if (!/[:"]|\belse\b/.test(plain)) return parseValues(plain.replace(/^\[(.*)\]$/, "$1"));
  return parseCases(plain);
}

/** Quoted filters stand aside while the text is split at the commas before a filter or else. */
function parseCases(text: string): readonly SettingCase[] | null {
  const quoted: string[] = [];
  const masked = text.replace(/"(?:[^"\\]|\\.)*"/g, (found) => `#${quoted.push(found) - 1}`);
  const parts = masked.split(/[,;]\s*(?=[^\s,;:]+\s*:|else\b)/);
  const cases = parts.map((part) => parseCase(part.trim(), quoted));
  return cases.every((item) => item !== null) ? cases : null;
}

function parseCase(text: string, quoted: readonly string[]): SettingCase | null {
  const [, name, values] = /^(else\b|[^\s:]+(?=\s*:))\s*:?\s*(.+)$/.exec(text) ?? [];
  const value = values === undefined ? null : parseValues(values);
  if (name === undefined || value === null) return null;
  if (name === "else" || name === "*") return { value };
  const mask = /^#(\d+)$/.exec(name)?.[1];
  const filter = mask === undefined ? name : unquoted(quoted[Number(mask)] ?? "");
  return filter ? { filter, value } : null;
}

function unquoted(text: string): string | null {
  try {
    return String(JSON.parse(text));
  } catch {
    return null;
  }
}

function parseValues(text: string): number | readonly number[] | null {
  const numbers = text
    .trim()
    .split(/\s*(?:→|->|,)\s*|\s+/)
    .map(numberOf);
  if (!numbers.every((number) => number !== null)) return null;
  return numbers.length === 1 ? (numbers[0] ?? null) : numbers;
}

function numberOf(text: string): number | null {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : null;
}

const isCases = (setting: Setting): setting is readonly SettingCase[] => Array.isArray(setting) && setting.some(isRecord);
const isScalar = (value: unknown): value is Scalar =>
  typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value));
