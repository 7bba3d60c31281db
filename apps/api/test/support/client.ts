import { createHash } from "node:crypto";

interface GraphqlAnswer {
  readonly status: number;
  readonly data: Record<string, unknown> | null;
  readonly errors: readonly { readonly message: string; readonly extensions: { readonly code: string } }[];
}

/** A caller from outside, with nothing but HTTP. */
export interface Client {
  readonly url: string;
  graphql(query: string, variables?: Record<string, unknown>): Promise<GraphqlAnswer>;
  /** The one field of a query or mutation; throws when there are errors. */
  ask<T>(query: string, variables?: Record<string, unknown>): Promise<T>;
  fetch(path: string, init?: RequestInit): Promise<Response>;
  upload(bytes: Uint8Array): Promise<{ sha256: string; sizeBytes: number }>;
}

const replacer = (_key: string, value: unknown) => (typeof value === "bigint" ? value.toString() : value);

export function connectClient(port: number, token: string | null): Client {
  const url = `http://127.0.0.1:${port}`;
  const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
  const client: Client = {
    url,
    async graphql(query, variables = {}) {
      const headers = { "content-type": "application/json", ...authorization };
      const answer = await fetch(`${url}/graphql`, {
        method: "POST",
        headers,
        body: JSON.stringify({ query, variables }, replacer),
      });
      const { data = null, errors = [] } = (await answer.json()) as Partial<GraphqlAnswer>;
      return { status: answer.status, data, errors };
    },
    async ask<T>(query: string, variables?: Record<string, unknown>) {
      const { data, errors } = await client.graphql(query, variables);
      if (errors.length > 0 || !data) throw new Error(JSON.stringify(errors));
      return Object.values(data)[0] as T;
    },
    fetch: (path, init = {}) =>
      fetch(`${url}${path}`, {
        redirect: "manual",
        ...init,
        headers: { ...authorization, ...(init.headers as Record<string, string>) },
      }),
    async upload(bytes) {
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      const { upload } = await client.ask<{ upload: UploadAnswer }>(beginUpload, { input: { sha256, sizeBytes: bytes.length } });
      for (let number = 0; number < upload.partCount; number++) {
        if (upload.receivedParts.includes(number)) continue;
        const body = bytes.subarray(number * upload.partSizeBytes, (number + 1) * upload.partSizeBytes);
        const sent = await client.fetch(`/uploads/${upload.id}/parts/${number}`, { method: "PUT", body: new Uint8Array(body) });
        if (sent.status !== 204) throw new Error(`part ${number}: ${sent.status} ${await sent.text()}`);
      }
      return { sha256, sizeBytes: bytes.length };
    },
  };
  return client;
}

export interface UploadAnswer {
  readonly id: string;
  readonly partSizeBytes: number;
  readonly partCount: number;
  readonly receivedParts: readonly number[];
  readonly complete: boolean;
}

export const beginUpload = `mutation ($input: BeginUploadInput!) { beginUpload(input: $input) {
  ... on BeginUploadSuccess { upload { id sha256 partSizeBytes partCount receivedParts complete } }
  ... on RefusedError { message faults { code message path } } } }`;
