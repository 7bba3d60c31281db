import { Prisma } from "../generated/prisma/client.ts";

const prismaCodes = new Set(["P1001", "P1002", "P1008", "P1017", "P2024", "P2028"]);

/** The database cannot be reached or broke off: nothing about the request is wrong, and another try may do. */
export function isDatabaseFault(error: unknown): boolean {
  if (error instanceof Prisma.PrismaClientInitializationError) return true;
  if (error instanceof Prisma.PrismaClientKnownRequestError && prismaCodes.has(error.code)) return true;
  const { code, message } = error as NodeJS.ErrnoException;
  return (
    /^(57P|08|ECONNREFUSED|ECONNRESET)/.test(code ?? "") ||
    /connection terminated|server closed the connection/i.test(message ?? "")
  );
}
