import { FormatError } from "./format-error.ts";

const maxDepth = 64;
const space = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const word = /true|false|null/y;

/**
 * Reads JSON text front to back without building objects: the caller says what it expects and gets located errors.
 * JSON.parse would keep the last of two equal keys in silence; here duplicate keys are an error at every depth,
 * `__proto__` is a string like any other, and nesting is limited by count rather than by the stack.
 */
export class JsonScanner {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The next character after white space, or "" at the end. */
  peek(): string {
    this.#match(space);
    return this.#text.charAt(this.#at);
  }

  /** Reads an object; `onKey` must read exactly one value. */
  object(onKey: (key: string) => void): void {
    const seen = new Set<string>();
    this.#list("{", "}", () => {
      const key = this.string();
      if (seen.has(key)) throw new FormatError("DUPLICATE_KEY", `The key ${quote(key)} appears twice in the header.`);
      seen.add(key);
      this.#take(":");
      onKey(key);
    });
  }

  /** Reads an array; `onItem` must read exactly one value. */
  array(onItem: () => void): void {
    this.#list("[", "]", onItem);
  }

  string(): string {
    this.#take('"');
    const start = this.#at;
    for (let at = start; ; at += 1) {
      const code = this.#text.charCodeAt(at);
      if (code === 0x22) {
        this.#at = at + 1;
        return this.#unescape(start, at);
      }
      if (code === 0x5c) at += 1;
      else if (!(code >= 0x20)) throw this.error("a string is not closed or holds a raw control character");
    }
  }

  /** A number as it is written; no JSON reader's rounding is applied to it. */
  numeral(): string {
    this.peek();
    const text = this.#match(number);
    if (text === "") throw this.error("a number was expected");
    return text;
  }

  /** Reads any value and forgets it. */
  skip(): void {
    const next = this.peek();
    if (next === "{") this.object(() => this.skip());
    else if (next === "[") this.array(() => this.skip());
    else if (next === '"') this.string();
    else if (this.#match(word) === "") this.numeral();
  }

  /** Checks that only white space is left. */
  end(): void {
    if (this.peek() !== "") throw this.error("something follows the closing brace");
  }

  error(why: string): FormatError {
    return new FormatError("HEADER_NOT_JSON", `The header is not valid JSON: ${why}, at character ${this.#at}.`);
  }

  #list(open: string, close: string, item: () => void): void {
    this.#take(open);
    this.#depth += 1;
    if (this.#depth > maxDepth) throw new FormatError("HEADER_NESTING", `The header nests deeper than ${maxDepth} levels.`);
    if (this.peek() === close) this.#at += 1;
    else {
      for (;;) {
        item();
        const next = this.peek();
        this.#at += 1;
        if (next === close) break;
        if (next !== ",") throw this.error(`"," or "${close}" was expected`);
      }
    }
    this.#depth -= 1;
  }

  #take(character: string): void {
    if (this.peek() !== character) throw this.error(`${character} was expected`);
    this.#at += 1;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const text = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += text.length;
    return text;
  }

  #unescape(start: number, end: number): string {
    const raw = this.#text.slice(start, end);
    if (!raw.includes("\\")) return raw;
    try {
      return String(JSON.parse(`"${raw}"`));
    } catch {
      throw this.error("a string holds an unknown escape");
    }
  }
}

/** A name for a message: quoted, escaped to ASCII, cut when long, so that no name can forge a line or flood a log. */
export function quote(name: string): string {
  const escaped = JSON.stringify(name.length > 120 ? `${name.slice(0, 117)}...` : name);
  return escaped.replace(/[^\x20-\x7e]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
