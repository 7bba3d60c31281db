import { refusal } from "../failure.ts";
import type { Server } from "./server.ts";

/** The server could not be reached, or answered that it cannot now: worth another try. */
export class TransientError extends Error {
  override readonly name = "TransientError";
  readonly reason: string;

  constructor(reason: string) {
    super(reason);
    this.reason = reason;
  }
}

export const isTransient = (error: unknown): boolean => error instanceof TransientError;

const transientStatuses = new Set([408, 425, 429, 500, 502, 503, 504]);

const networkReasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was cut",
  UND_ERR_SOCKET: "the connection was cut",
  ENOTFOUND: "the name is unknown",
  EAI_AGAIN: "the name cannot be looked up",
  ETIMEDOUT: "no answer in time",
  UND_ERR_CONNECT_TIMEOUT: "no answer in time",
  UND_ERR_HEADERS_TIMEOUT: "no answer in time",
  UND_ERR_BODY_TIMEOUT: "no answer in time",
};

/** What `fetch` threw, in words; null when it is not about the network. */
function networkReason(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if (error.name === "TimeoutError") return "no answer in time";
  if (!(error instanceof TypeError) || error.cause === undefined)
    return error instanceof TypeError && error.message === "terminated" ? "the connection was cut" : null;
  const { code, message } = error.cause as { code?: string; message?: string };
  return networkReasons[code ?? ""] ?? message ?? "the connection failed";
}

export const unreachable = (server: Server, reason: string): Error =>
  refusal(
    "SERVER_UNREACHABLE",
    `No Amalgam server answers at ${server.url} (${reason}). Start one with amalgam up, or name another with --server.`,
  );

export const unauthorised = (server: Server): Error =>
  refusal(
    "UNAUTHENTICATED",
    `${server.url} does not accept the access token from ${server.tokenFrom}. Give a valid one with --token or AMALGAM_TOKEN.`,
  );

/** One request with the token; a network failure becomes a TransientError, any status is an answer. */
export async function request(server: Server, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("authorization", `Bearer ${server.token}`);
  try {
    return await fetch(`${server.url}${path}`, { ...init, headers, redirect: "error" });
  } catch (error) {
    throw networkFailure(error, init.signal);
  }
}

/** The reason of an aborted request as it is; what the network did as a TransientError. */
export function networkFailure(error: unknown, signal?: AbortSignal | null): unknown {
  if (signal?.aborted && !isTimeout(signal.reason)) return signal.reason;
  const reason = networkReason(error);
  return reason === null ? error : new TransientError(reason);
}

const isTimeout = (reason: unknown): boolean => reason instanceof Error && reason.name === "TimeoutError";

/** `request`, but only a 2xx comes back; the rest is a TransientError or a refusal that says what is wrong. */
export async function send(server: Server, path: string, init: RequestInit = {}): Promise<Response> {
  const response = await request(server, path, init);
  if (response.ok) return response;
  const body = await response.text().catch(() => "");
  if (response.status === 401) throw unauthorised(server);
  if (transientStatuses.has(response.status)) throw new TransientError(messageIn(body) ?? `HTTP ${response.status}`);
  throw refusal(
    `HTTP_${response.status}`,
    messageIn(body) ?? `${server.url}${path} answers HTTP ${response.status}; is an Amalgam server there?`,
  );
}

function messageIn(body: string): string | null {
  try {
    const { message } = JSON.parse(body) as { message?: unknown };
    return typeof message === "string" ? message : null;
  } catch {
    return null;
  }
}
