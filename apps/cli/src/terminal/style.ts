import { stripVTControlCharacters } from "node:util";

export interface Stream {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** NO_COLOR set to anything wins (no-color.org), then FORCE_COLOR, then whether a person is looking. */
function usesColour(stream: Stream, env: NodeJS.ProcessEnv = process.env): boolean {
  if (env["NO_COLOR"]) return false;
  if (env["FORCE_COLOR"] && env["FORCE_COLOR"] !== "0") return true;
  return stream.isTTY === true && env["TERM"] !== "dumb";
}

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  underline(text: string): string;
}

const plain: Style = { bold: (text) => text, dim: (text) => text, underline: (text) => text };
const wrap = (open: number, close: number) => (text: string) => `\u001b[${open}m${text}\u001b[${close}m`;
const ansi: Style = { bold: wrap(1, 22), dim: wrap(2, 22), underline: wrap(4, 24) };

export const styleFor = (stream: Stream): Style => (usesColour(stream) ? ansi : plain);

/** Display columns of a line; good enough for names: counts code points, leaves out escapes and combining marks. */
export const width = (text: string): number => [...stripVTControlCharacters(text).replace(/\p{Mn}/gu, "")].length;
