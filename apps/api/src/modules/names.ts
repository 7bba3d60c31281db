import { z } from "zod";

/** Words that mean something else where a name stands: routes, refs, literals. */
const reserved = new Set(["latest", "main", "null", "undefined", "new", "none"]);

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, "A sha256 is 64 lower-case hexadecimal digits.");

export const namespaceSchema = textThat(problemOfName("namespace", 64));
export const nameOnlySchema = textThat(problemOfName("name", 96));
export const aliasSchema = textThat(problemOfAlias);

/** Text that people read: no control characters, none that reorder what stands around them. */
export const textSchema = (limit: number) =>
  z
    .string()
    .max(limit, `This text is longer than ${limit} characters.`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    .regex(/^[^\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]*$/, "This text has control characters.");

/** A string with one rule set; the first rule that is broken is the one fault. */
export function textThat(problemOf: (text: string) => string | null) {
  return z.string().superRefine((text, context) => {
    const message = problemOf(text);
    if (message) context.addIssue({ code: "custom", message });
  });
}

function problemOfName(what: string, limit: number) {
  return (name: string): string | null => {
    if (name === "") return `The ${what} is empty.`;
    if (name.length > limit) return `The ${what} is longer than ${limit} characters.`;
    if (!/^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/.test(name) || name.includes(".."))
      return `${JSON.stringify(name)} is no ${what}: use lower-case letters, digits, and . _ - between them.`;
    return reserved.has(name) ? `The ${what} ${name} is a reserved word.` : null;
  };
}

/** An alias can be told from a version number and from a digest. */
function problemOfAlias(name: string): string | null {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(name))
    return `${JSON.stringify(name.slice(0, 100))} is no alias: start with a lower-case letter, then letters, digits and - (63 at most).`;
  if (/^[0-9a-f]{8,64}$/.test(name)) return `The alias ${name} looks like a digest.`;
  return reserved.has(name) ? `The alias ${name} is a reserved word; latest follows the newest version by itself.` : null;
}
