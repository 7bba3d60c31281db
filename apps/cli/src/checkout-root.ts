import path from "node:path";

/** The checkout that this program is part of. This file lies as deep in the sources as every file of the bundle does in `dist`. */
export const checkoutRoot = path.resolve(import.meta.dirname, "../../..");
