import http from "node:http";
import net, { type AddressInfo } from "node:net";
import express from "express";
import { afterEach, beforeEach, expect, test } from "vitest";
import { proxyTo } from "./proxy.ts";

/** Stands for Next: a real HTTP server that each test gives its behaviour. */
let behind: http.Server;
let front: http.Server;
let url: string;

beforeEach(async () => {
  behind = http.createServer();
  await listen(behind);
  const app = express();
  front = http.createServer(app);
  app.get("/ours", (_req, res) => void res.send("ours"));
  app.use(proxyTo(new URL(`http://127.0.0.1:${portOf(behind)}`), front));
  await listen(front);
  url = `http://127.0.0.1:${portOf(front)}`;
});

afterEach(() => {
  for (const server of [front, behind]) {
    server.closeAllConnections();
    server.close();
  }
});

const listen = (server: http.Server) => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const portOf = (server: http.Server) => (server.address() as AddressInfo).port;

test("what is ours is ours, the rest goes on with its method, query, headers and body", async () => {
  behind.on("request", (req, res) => {
    let body = "";
    req.on("data", (chunk) => {
      body += chunk;
    });
    req.on("end", () => {
      res.writeHead(201, { "set-cookie": ["a=1", "b=2"], "content-type": "application/json" });
      res.end(
        JSON.stringify({
          method: req.method,
          url: req.url,
          body,
          host: req.headers["x-forwarded-host"],
          cookie: req.headers.cookie,
        }),
      );
    });
  });
  expect(await (await fetch(`${url}/ours`)).text()).toBe("ours");
  const answer = await fetch(`${url}/models?page=2`, { method: "POST", body: "hello", headers: { cookie: "session=x" } });
  expect(answer.status).toBe(201);
  expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  expect(await answer.json()).toEqual({
    method: "POST",
    url: "/models?page=2",
    body: "hello",
    host: new URL(url).host,
    cookie: "session=x",
  });
});

test("an event stream arrives event by event, and ends behind when the reader goes", async () => {
  let send = (_text: string) => {};
  const gone = new Promise((resolve) => {
    behind.on("request", (req, res) => {
      res.writeHead(200, { "content-type": "text/event-stream" });
      res.flushHeaders();
      send = (text) => void res.write(text);
      req.on("close", resolve);
    });
  });
  const leaving = new AbortController();
  const answer = await fetch(`${url}/live`, { signal: leaving.signal });
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (const event of ["data: 1\n\n", "data: 2\n\n"]) {
    send(event);
    expect(await reader?.read()).toEqual({ done: false, value: event });
  }
  leaving.abort();
  await gone;
});

test("while the web server is not up the answer says so", async () => {
  behind.close();
  behind.closeAllConnections();
  const answer = await fetch(`${url}/`);
  expect(answer.status).toBe(503);
  expect(await answer.text()).toContain("not up yet");
});

test("an upgrade goes through in both directions", async () => {
  behind.on("upgrade", (_req, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n");
    socket.on("data", (data: Buffer) => socket.write(`echo ${data}`));
  });
  const socket = net.connect(portOf(front), "127.0.0.1");
  socket.write("GET /hmr HTTP/1.1\r\nhost: x\r\nupgrade: echo\r\nconnection: upgrade\r\n\r\n");
  const heard = await new Promise<string>((resolve) => {
    let text = "";
    socket.on("data", (data) => {
      text += data;
      if (text.endsWith("\r\n\r\n")) socket.write("hello");
      if (text.includes("echo hello")) resolve(text);
    });
  });
  expect(heard).toMatch(/^HTTP\/1\.1 101 /);
  socket.destroy();
});

test("an idle connection that the web server closes as it is used again costs the reader nothing", async () => {
  const served = new WeakSet<object>();
  behind.on("request", (req, res) => {
    if (served.has(req.socket)) return void req.socket.destroy();
    served.add(req.socket);
    res.end("page");
  });
  for (let i = 0; i < 3; i++) expect(await (await fetch(`${url}/page`)).text()).toBe("page");
  expect((await fetch(`${url}/act`, { method: "POST", body: "once" })).status).toBe(502);
});
