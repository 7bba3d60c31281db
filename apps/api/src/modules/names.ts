import { z } from "zod";

/** Words that mean something else where a name stands: routes, refs, literals. */
const reserved = new Set(["latest", "main", "null", "undefined", "new", "none"]);
const pattern = /^[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/;
const rule = "use lower-case letters, digits, and . _ - between them";

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, "A sha256 is 64 lower-case hexadecimal digits.");

export const namespaceSchema = nameSchema("namespace", 64);
export const nameOnlySchema = nameSchema("name", 96);

function nameSchema(what: string, limit: number) {
  return z
    .string()
    .min(1, `The ${what} is empty.`)
    .max(limit, `The ${what} is longer than ${limit} characters.`)
    .regex(pattern, `This is not a ${what}: ${rule}.`)
    .refine((name) => !name.includes(".."), `This is not a ${what}: it contains "..".`)
    .refine((name) => !reserved.has(name), `This ${what} is a reserved word.`);
}

/** An alias can be told from a version number and from a digest; `latest` follows the newest version by itself. */
export const aliasSchema = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, "An alias starts with a lower-case letter and has letters, digits and - (63 at most).")
  .refine((name) => !/^[0-9a-f]{8,64}$/.test(name), "This alias looks like a digest.")
  .refine((name) => !reserved.has(name), "This alias is a reserved word; `latest` follows the newest version by itself.");

/** Text that people read: no control characters, none that reorder what stands around them. */
export const textSchema = (limit: number) =>
  z
    .string()
    .max(limit, `This text is longer than ${limit} characters.`)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
    .regex(/^[^\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]*$/, "This text has control characters.");
