import { formatBytes, formatDuration, formatTimeLeft } from "./format.ts";
import { type Stream, styleFor } from "./style.ts";

interface ProgressState {
  readonly done: number;
  readonly total: number;
  /** Units a second; measured from `done` when left out. */
  readonly rate?: number;
  readonly note?: string;
}

export interface Progress {
  update(state: ProgressState): void;
  /** Replaces the bar by a line that stays, or removes it. */
  finish(line?: string): void;
}

export interface ProgressOptions {
  readonly unit?: "bytes" | "none";
  readonly stream?: Stream;
  readonly now?: () => number;
}

const barColumns = 24;
const redrawMs = 80;
/** Without a terminal a long step says at most once in this time that it is alive. */
const plainEveryMs = 15_000;

function bar(share: number): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * barColumns * 8);
  const full = "█".repeat(Math.floor(eighths / 8));
  const part = eighths % 8 === 0 ? "" : (" ▏▎▍▌▋▊▉"[eighths % 8] ?? "");
  return (full + part).padEnd(barColumns, "░");
}

/** A bar with rate and time left on a terminal; a line now and then in a pipe or log. */
export function startProgress(
  label: string,
  { unit = "bytes", stream = process.stderr, now = Date.now }: ProgressOptions = {},
): Progress {
  const style = styleFor(stream);
  const began = now();
  const live = stream.isTTY === true && process.env["TERM"] !== "dumb";
  let drawn = live ? Number.NEGATIVE_INFINITY : began;
  let first: { at: number; done: number } | null = null;
  let finished = false;
  const clear = (): void => {
    if (live) stream.write("\r\u001b[2K");
  };

  function describe({ done, total, rate: given, note }: ProgressState): string {
    const elapsed = (now() - (first?.at ?? began)) / 1000;
    const rate = given ?? (elapsed > 0.2 ? (done - (first?.done ?? 0)) / elapsed : 0);
    const share = total > 0 ? done / total : 0;
    const facts = [`${Math.floor(share * 100)}%`];
    if (unit === "bytes") facts.push(`${formatBytes(done)} of ${formatBytes(total)}`);
    if (unit === "bytes" && rate > 0) facts.push(`${formatBytes(rate)}/s`);
    if (rate > 0 && done < total && elapsed > 1) facts.push(formatTimeLeft((total - done) / rate));
    if (note) facts.push(note);
    return live ? `${label}  ${bar(share)}  ${style.dim(facts.join("  "))}` : `${label}: ${facts.join(", ")}`;
  }

  return {
    update(state) {
      if (finished) return;
      first ??= { at: now(), done: state.done };
      if (now() - drawn < (live ? redrawMs : plainEveryMs)) return;
      drawn = now();
      if (!live) stream.write(`${describe(state)}\n`);
      else {
        const line = describe(state);
        stream.write(`\r\u001b[2K${clip(line, (stream.columns ?? 80) - 1)}`);
      }
    },
    finish(line) {
      if (finished) return;
      finished = true;
      clear();
      if (line !== undefined) stream.write(`${line}  ${style.dim(formatDuration((now() - began) / 1000))}\n`);
    },
  };
}

/** Cuts a line to the terminal without cutting an escape in two. */
function clip(line: string, columns: number): string {
  let seen = 0;
  let out = "";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked for
  for (const piece of line.split(/(\u001b\[[0-9;]*m)/)) {
    if (piece.startsWith("\u001b")) {
      out += piece;
      continue;
    }
    const room = Math.max(0, columns - seen);
    const text = [...piece].slice(0, room);
    out += text.join("");
    seen += text.length;
  }
  return out;
}
