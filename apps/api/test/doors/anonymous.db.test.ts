import { GraphQLObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { schema } from "../../src/graphql/schema.ts";
import type { Server } from "../../src/server.ts";
import { connectClient } from "../support/client.ts";
import { openServer, openTestDeps, type TestDeps } from "../support/stack.ts";

let stack: TestDeps;
let server: Server;

beforeAll(async () => {
  stack = await openTestDeps();
  server = await openServer(stack);
});

afterAll(async () => {
  await server?.close();
  await stack?.close();
});

const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()].filter(
  (type) => type instanceof GraphQLObjectType,
);
const operations = roots.flatMap((type) =>
  Object.keys(type.getFields()).map((field) => [type.name.toLowerCase(), field] as const),
);
const tokens = { "no token": null, "a wrong token": `amg_${"0".repeat(40)}`, "an empty token": "" };

describe.each(Object.entries(tokens))("with %s", (_name, token) => {
  test.each(operations)("%s %s is refused before it is even read", async (kind, field) => {
    const client = connectClient(server.port, token);
    for (const accept of ["application/json", "text/event-stream"]) {
      const headers = { "content-type": "application/json", accept };
      const answer = await client.fetch("/graphql", {
        method: "POST",
        headers,
        body: JSON.stringify({ query: `${kind} { ${field} }` }),
      });
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: "UNAUTHENTICATED" } }] });
    }
  });

  test.each([
    ["GET", "/graphql"],
    ["PUT", "/uploads/VXBsb2FkOjE/parts/0"],
    ["GET", "/files/TW9kZWxWZXJzaW9uOjE/config.json"],
    ["HEAD", "/files/TW9kZWxWZXJzaW9uOjE/config.json"],
    ["GET", "/files/../../etc/passwd"],
    ["GET", "/anything"],
    ["DELETE", "/models"],
  ])("%s %s is refused", async (method, path) => {
    expect((await connectClient(server.port, token).fetch(path, { method })).status).toBe(401);
  });
});

test("the routes that answer everybody are these alone", async () => {
  const anyone = connectClient(server.port, null);
  for (const path of ["/healthz", "/readyz", "/metrics"]) expect((await anyone.fetch(path)).status).toBe(200);
});

test("a revoked and an expired key do not work any more", async () => {
  const { deps, actor, token } = stack;
  const client = connectClient(server.port, token);
  const status = async () => (await client.graphql("{ viewer { name } }")).status;
  expect(await status()).toBe(200);
  const set = (data: { revokedAt?: Date | null; expiresAt?: Date | null }) =>
    deps.db.apiKey.update({ where: { id: actor.apiKeyId }, data });
  await set({ revokedAt: new Date() });
  expect(await status()).toBe(401);
  await set({ revokedAt: null, expiresAt: new Date(Date.now() - 1000) });
  expect(await status()).toBe(401);
  await set({ expiresAt: null });
  expect(await status()).toBe(200);
});

test("a key that may only read is refused every mutation and every part", async () => {
  const { deps, actor, token } = stack;
  const client = connectClient(server.port, token);
  await deps.db.apiKey.update({ where: { id: actor.apiKeyId }, data: { scopes: ["read"] } });
  const input = `mutation { createModel(input: { namespace: "a", name: "b" }) { __typename } }`;
  expect((await client.graphql(input)).errors[0]?.extensions.code).toBe("FORBIDDEN");
  expect((await client.graphql("{ viewer { name } }")).errors).toEqual([]);
  const id = Buffer.from("Upload:0198aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee").toString("base64url");
  expect((await client.fetch(`/uploads/${id}/parts/0`, { method: "PUT", body: "x" })).status).toBe(403);
  await deps.db.apiKey.update({ where: { id: actor.apiKeyId }, data: { scopes: ["read", "write"] } });
});

describe("signing in", () => {
  const cookieOf = (answer: Response) => answer.headers.get("set-cookie")?.split(";")[0] ?? "";

  test("by link sets a cookie that is not the token, and signing out ends it", async () => {
    const anyone = connectClient(server.port, null);
    const answer = await anyone.fetch(`/sign-in?token=${stack.token}`);
    expect([answer.status, answer.headers.get("location")]).toEqual([303, "/"]);
    const header = answer.headers.get("set-cookie") ?? "";
    expect(header).toMatch(/HttpOnly/);
    expect(header).toMatch(/SameSite=Lax/);
    expect(header).toMatch(new RegExp(`^amalgam_${server.port}=`));
    expect(header).not.toContain(stack.token);
    const cookie = cookieOf(answer);
    const ask = () =>
      anyone.fetch("/graphql", {
        method: "POST",
        headers: { cookie, "content-type": "application/json" },
        body: '{"query":"{ viewer { name } }"}',
      });
    expect((await ask()).status).toBe(200);
    await anyone.fetch("/sign-out", { method: "POST", headers: { cookie } });
    expect((await ask()).status).toBe(401);
  });

  test("with a wrong token sets nothing, by link, form or JSON", async () => {
    const anyone = connectClient(server.port, null);
    const json = { "content-type": "application/json" };
    const answers = [
      await anyone.fetch("/sign-in?token=wrong"),
      await anyone.fetch("/sign-in", { method: "POST", body: new URLSearchParams({ token: "wrong" }) }),
      await anyone.fetch("/sign-in", { method: "POST", headers: json, body: '{"token":"wrong"}' }),
      await anyone.fetch("/sign-in", { method: "POST", headers: json, body: '{"token":{"$ne":1}}' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 401, 401]);
    expect(answers.map(cookieOf)).toEqual(["", "", "", ""]);
  });

  test("never sends the browser to another host", async () => {
    const anyone = connectClient(server.port, null);
    for (const next of ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)"]) {
      const answer = await anyone.fetch(`/sign-in?token=${stack.token}&next=${encodeURIComponent(next)}`);
      expect(answer.headers.get("location")).toBe("/");
    }
  });
});

test("what was asked is on record, with who and how it ended", async () => {
  const client = connectClient(server.port, stack.token);
  await client.graphql('mutation { createModel(input: { namespace: "audit", name: "one" }) { __typename } }');
  await client.graphql('mutation { createModel(input: { namespace: "audit", name: "../x" }) { __typename } }');
  const events = await stack.deps.db.auditEvent.findMany({
    where: { subject: { startsWith: "audit/" } },
    orderBy: { id: "asc" },
  });
  expect(events.map(({ action, subject, outcome, accountId }) => [action, subject, outcome, accountId])).toEqual([
    ["createModel", "audit/one", "DONE", stack.actor.accountId],
    ["createModel", "audit/../x", "REFUSED", stack.actor.accountId],
  ]);
});
