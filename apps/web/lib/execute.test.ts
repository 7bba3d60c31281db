import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TypedDocumentString } from "../gql/graphql.ts";
import { execute } from "./execute.ts";

const document = new TypedDocumentString<{ viewer: { name: string } }, Record<string, never>>("query { viewer { name } }");

/** Answers by path, the way the API does in each situation. */
const answers: Record<string, [status: number, body: string]> = {
  "/fine": [200, '{"data":{"viewer":{"name":"local"}}}'],
  "/refused": [401, '{"errors":[{"message":"Sign in","extensions":{"code":"UNAUTHENTICATED"}}]}'],
  "/ended": [200, '{"errors":[{"message":"Sign in","extensions":{"code":"UNAUTHENTICATED"}}]}'],
  "/broken": [200, '{"data":null,"errors":[{"message":"The operation is more than 18 levels deep."}]}'],
  "/html": [502, "the web server does not answer"],
};
let server: http.Server;
let origin = "";

beforeAll(async () => {
  server = http.createServer((request, response) => {
    const [status, body] = answers[request.url ?? ""] ?? [404, "{}"];
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const ask = (path: string) => execute(document, {}, { url: `${origin}${path}` });

describe("the door to the API", () => {
  it("hands over the data", async () => {
    expect(await ask("/fine")).toEqual({ viewer: { name: "local" } });
  });
  it("tells an ended session from everything else, whichever way the API says it", async () => {
    await expect(ask("/refused")).rejects.toMatchObject({ kind: "unauthenticated" });
    await expect(ask("/ended")).rejects.toMatchObject({ kind: "unauthenticated" });
  });
  it("passes on the API's own words", async () => {
    await expect(ask("/broken")).rejects.toMatchObject({ kind: "failed", message: "The operation is more than 18 levels deep." });
  });
  it("calls an answer that is not JSON, or none, unreachable", async () => {
    await expect(ask("/html")).rejects.toMatchObject({ kind: "unreachable" });
    await expect(execute(document, {}, { url: "http://127.0.0.1:1/graphql" })).rejects.toMatchObject({ kind: "unreachable" });
  });
});
