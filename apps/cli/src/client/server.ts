import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { refusal } from "../failure.ts";

export interface Server {
  /** Without a trailing slash. */
  readonly url: string;
  readonly token: string;
  /** Where the token came from, for messages about it. */
  readonly tokenFrom: string;
}

export interface ServerChoice {
  readonly server?: string | undefined;
  readonly token?: string | undefined;
}

export interface ServerSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

interface LocalStack {
  readonly url: string;
  readonly token: string;
  readonly folder: string;
}

const startHint = "Start one with amalgam up, or name one with --server and --token (or AMALGAM_URL and AMALGAM_TOKEN).";

function readStack(folder: string): LocalStack | null {
  const [stackFile, tokenFile] = [path.join(folder, "stack.json"), path.join(folder, "access-token")];
  if (!existsSync(stackFile)) return null;
  try {
    const { url } = JSON.parse(readFileSync(stackFile, "utf8")) as { url?: unknown };
    if (typeof url !== "string") return null;
    return { url, token: readFileSync(tokenFile, "utf8").trim(), folder };
  } catch (error) {
    const reason =
      error instanceof Error && "code" in error && error.code === "EACCES" ? "cannot be read by this account" : "cannot be read";
    throw refusal("LOCAL_STACK_UNREADABLE", `${stackFile} or the access-token beside it ${reason}. ${startHint}`, [stackFile]);
  }
}

/** The nearest `.amalgam/stack.json`, from `cwd` upwards. */
function findLocalStack(cwd: string): LocalStack | null {
  for (let folder = path.resolve(cwd); ; folder = path.dirname(folder)) {
    const found = readStack(path.join(folder, ".amalgam"));
    if (found) return found;
    if (path.dirname(folder) === folder) return null;
  }
}

/** The folder of the local stack: the nearest `.amalgam`, from `cwd` upwards; where none is, the one that would be made here. */
export function localFolder(cwd: string): string {
  for (let folder = path.resolve(cwd); ; folder = path.dirname(folder)) {
    const found = path.join(folder, ".amalgam");
    if (existsSync(found)) return found;
    if (path.dirname(folder) === folder) return path.join(path.resolve(cwd), ".amalgam");
  }
}

function normalise(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw refusal("BAD_SERVER", `${text} is not a server address; one looks like http://127.0.0.1:4000.`);
  }
  if (url.protocol !== "http:" && url.protocol !== "https:")
    throw refusal("BAD_SERVER", `${text}: a server address starts with http:// or https://.`);
  return url.origin + url.pathname.replace(/\/+$/, "");
}

/** Options first, then the environment, then the local stack of this folder or one above it. */
export function resolveServer({ server, token }: ServerChoice, { env, cwd }: ServerSurroundings): Server {
  const named = server ?? (env["AMALGAM_URL"] || undefined);
  const given = token ?? (env["AMALGAM_TOKEN"] || undefined);
  const tokenFrom = token !== undefined ? "--token" : "AMALGAM_TOKEN";
  if (named !== undefined && given !== undefined) return { url: normalise(named), token: given, tokenFrom };
  const local = findLocalStack(cwd);
  if (!local) {
    if (named === undefined) throw refusal("NO_SERVER", `No Amalgam server is known here. ${startHint}`);
    throw refusal("NO_TOKEN", `${normalise(named)} needs an access token. Give it with --token or AMALGAM_TOKEN.`);
  }
  const url = named === undefined ? normalise(local.url) : normalise(named);
  if (given !== undefined) return { url, token: given, tokenFrom };
  // A token is only for the server that issued it: it must not travel to another address.
  if (url !== normalise(local.url))
    throw refusal("NO_TOKEN", `${url} needs an access token. Give it with --token or AMALGAM_TOKEN.`);
  return { url, token: local.token, tokenFrom: path.join(local.folder, "access-token") };
}
