import { RefusedError } from "@amalgam/engine/merge";
import { GraphQLError, type GraphQLFormattedError } from "graphql";
import type { Logger } from "pino";
import { isDatabaseFault } from "../modules/database-fault.ts";

/** Errors of the request itself: Apollo Server and graphql-js name them, and their text is meant for the caller. */
const ownCodes = new Set([
  "GRAPHQL_PARSE_FAILED",
  "GRAPHQL_VALIDATION_FAILED",
  "BAD_USER_INPUT",
  "BAD_REQUEST",
  "OPERATION_RESOLUTION_FAILURE",
  "QUERY_TOO_COMPLEX",
]);

/** What a caller is told of an error: the reason when it is theirs to fix, else nothing but that it happened. */
export function formatError(log: Logger, formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError {
  const cause = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  const place = {
    ...(formatted.locations && { locations: formatted.locations }),
    ...(formatted.path && { path: formatted.path }),
  };
  const told = (code: string, message: string, more: object = {}) => ({ message, ...place, extensions: { code, ...more } });
  if (cause instanceof RefusedError) return told("BAD_USER_INPUT", cause.message, { faults: cause.faults });
  const { name, message } = cause as Error;
  if (name === "ForbiddenError") return told("FORBIDDEN", message);
  if (formatted.extensions?.["isLimit"] || /^Query exceeds maximum (complexity|depth|breadth)/.test(message))
    return told("QUERY_TOO_COMPLEX", message);
  if (name === "PothosValidationError" || name === "InputValidationError") return told("BAD_USER_INPUT", message);
  const code = formatted.extensions?.["code"];
  if (typeof code === "string" && ownCodes.has(code)) return told(code, formatted.message);
  if (cause instanceof GraphQLError && code === undefined) return told("BAD_USER_INPUT", formatted.message);
  log.error({ err: cause, path: formatted.path }, "a resolver failed");
  if (isDatabaseFault(cause)) return told("UNAVAILABLE", "The database does not answer. Try again in a moment.");
  return told("INTERNAL_SERVER_ERROR", "The server failed to answer. Its log says why.");
}
