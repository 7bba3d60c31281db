import { createHash, randomBytes } from "node:crypto";

/** Tokens carry enough randomness that a plain hash cannot be reversed by guessing. */
export const hashSecret = (secret: string): string => createHash("sha256").update(secret).digest("hex");

export const newSecret = (): string => randomBytes(32).toString("base64url");
