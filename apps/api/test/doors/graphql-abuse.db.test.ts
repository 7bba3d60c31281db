import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Server } from "../../src/server.ts";
import { tinyCheckpoint } from "../support/checkpoints.ts";
import { type Client, connectClient } from "../support/client.ts";
import { push } from "../support/registry.ts";
import { openServer, openTestDeps, type TestDeps } from "../support/stack.ts";

let stack: TestDeps;
let server: Server;
let client: Client;

beforeAll(async () => {
  stack = await openTestDeps();
  server = await openServer(stack);
  client = connectClient(server.port, stack.token);
  await push(client, "acme/math", await tinyCheckpoint(1));
});

afterAll(async () => {
  await server?.close();
  await stack?.close();
});

const codeOf = async (query: string, variables?: Record<string, unknown>) =>
  (await client.graphql(query, variables)).errors[0]?.extensions.code;

const many = (count: number, field: (i: number) => string) => Array.from({ length: count }, (_, i) => field(i)).join(" ");
const deep = (levels: number) =>
  `{ models { edges { node { versions { edges { node ${"{ model { versions { edges { node ".repeat(levels)} { id } ${"} } } }".repeat(levels)} } } } } } }`;

test.each([
  ["10,000 aliases", `{ ${many(10_000, (i) => `x${i}: viewer { name }`)} }`, "GRAPHQL_PARSE_FAILED"],
  ["200 aliases", `{ ${many(200, (i) => `x${i}: viewer { name }`)} }`, "QUERY_TOO_COMPLEX"],
  [
    "a mutation 50 times",
    `mutation { ${many(50, (i) => `x${i}: createModel(input: {namespace: "a", name: "b${i}"}) { __typename }`)} }`,
    "QUERY_TOO_COMPLEX",
  ],
  ["depth 100", deep(25), "QUERY_TOO_COMPLEX"],
  [
    "lists of lists",
    "{ models(first: 100) { edges { node { versions(first: 100) { edges { node { files { path } tensors(first: 100) { edges { node { name } } } } } } } } } }",
    "QUERY_TOO_COMPLEX",
  ],
  ["a circle of fragments", "{ viewer { ...f } } fragment f on Viewer { ...f }", "QUERY_TOO_COMPLEX"],
  ["junk", "{ viewer { name ", "GRAPHQL_PARSE_FAILED"],
  ["an unknown field", "{ secrets }", "GRAPHQL_VALIDATION_FAILED"],
])("%s is refused before execution", async (_what, query, code) => {
  expect(await codeOf(query)).toBe(code);
});

test.each([-1, 0, 101, 1e9])("first: %d is refused with the allowed range", async (first) => {
  const { errors, data } = await client.graphql(
    "query ($first: Int) { models(first: $first) { totalCount edges { node { id } } } }",
    { first },
  );
  expect(errors[0]).toMatchObject({
    extensions: { code: "BAD_USER_INPUT" },
    message: expect.stringMatching(/at (least|most) 1/),
  });
  expect(data).toBeNull();
});

test.each(["junk", "R1BDOklE", "", "\u0000", "AAAA"])("the cursor %j is refused", async (after) => {
  expect(await codeOf("query ($after: String) { models(after: $after) { edges { node { id } } } }", { after })).toBe(
    "BAD_USER_INPUT",
  );
});

describe("node(id)", () => {
  const id = (text: string) => Buffer.from(text).toString("base64url");
  const uuid = "0198aaaa-bbbb-7ccc-8ddd-eeeeeeeeeeee";
  test.each([
    "junk",
    "",
    "\u0000",
    id("Account:1"),
    id(`Account:${uuid}`),
    id(`ApiKey:${uuid}`),
    id(`__proto__:${uuid}`),
    id("Model:1' or '1'='1"),
    id(`Query:${uuid}`),
  ])("refuses %j", async (given) => {
    expect(await codeOf("query ($id: ID!) { node(id: $id) { id } }", { id: given })).toBe("BAD_USER_INPUT");
  });

  test("is null for what is not there, and a run's id is needed for a run", async () => {
    expect((await client.graphql("query ($id: ID!) { node(id: $id) { id } }", { id: id(`Run:${uuid}`) })).data).toEqual({
      node: null,
    });
    expect(await codeOf("query ($id: ID!) { run(id: $id) { id } }", { id: id(`Model:${uuid}`) })).toBe("BAD_USER_INPUT");
  });

  test("finds a model by the id it gave", async () => {
    const model = await client.ask<{ id: string }>('{ model(namespace: "acme", name: "math") { id } }');
    const found = await client.ask("query ($id: ID!) { node(id: $id) { id ... on Model { name } } }", { id: model.id });
    expect(found).toEqual({ id: model.id, name: "math" });
  });
});

describe("requests that are not plain operations", () => {
  const post = (body: string, headers: Record<string, string>) => client.fetch("/graphql", { method: "POST", body, headers });

  test("a batch is refused", async () => {
    const answer = await post(JSON.stringify(Array(1000).fill({ query: "{ viewer { name } }" })), {
      "content-type": "application/json",
    });
    expect(answer.status).toBe(400);
  });

  test("a form, as another site could send it, is refused", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded"])
      expect((await post('{"query":"{ viewer { name } }"}', { "content-type": type })).status).toBe(400);
    const stream = { accept: "text/event-stream", "content-type": "text/plain" };
    expect((await post('{"query":"{ viewer { name } }"}', stream)).status).toBe(415);
  });

  test("a mutation by GET is refused", async () => {
    const query = encodeURIComponent('mutation { createModel(input: {namespace: "a", name: "b"}) { __typename } }');
    const answer = await client.fetch(`/graphql?query=${query}`, { headers: { "apollo-require-preflight": "1" } });
    expect([400, 405]).toContain(answer.status);
  });

  test("5 MB are refused", async () => {
    expect((await post(JSON.stringify({ query: `# ${"x".repeat(5e6)}` }), { "content-type": "application/json" })).status).toBe(
      413,
    );
  });
});

test("NUL, other scripts and wildcards in filters find nothing and break nothing", async () => {
  for (const search of ["\u0000", "%", "_____________________", '\'; drop table "Model"; --', "Ｍａｔｈ"]) {
    const answer = await client.graphql(
      'query ($search: String) { models(search: $search) { totalCount } model(namespace: $search2, name: "x") { id } }'.replace(
        "$search2",
        '"\\u0000"',
      ),
      { search },
    );
    expect(answer.errors).toEqual([]);
  }
  expect(await client.ask('{ version(ref: "acme/math@\\u0000") { id } }')).toBeNull();
});

test("an error inside tells nothing of itself", async () => {
  await stack.deps.db.$executeRaw`alter table "Suite" rename to "SuiteAway"`;
  const { errors } = await client.graphql("{ suites { totalCount } }");
  await stack.deps.db.$executeRaw`alter table "SuiteAway" rename to "Suite"`;
  expect(errors).toMatchObject([
    { message: "The server failed to answer. Its log says why.", extensions: { code: "INTERNAL_SERVER_ERROR" } },
  ]);
});
