import http, { type IncomingHttpHeaders, type Server } from "node:http";
import type { Duplex } from "node:stream";
import type { Request, RequestHandler, Response } from "express";

/** Headers between two neighbours, not for the one behind. */
const hopByHop = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Hands every request that nobody answered before to `target`, byte for byte as it arrives, so event streams flow; passes on
 * upgrades, too (hot reload in development).
 */
export function proxyTo(target: URL, server: Server): RequestHandler {
  const agent = new http.Agent({ keepAlive: true });
  server.on("upgrade", (req, socket, head) => passUpgrade(target, req, socket, head));
  server.once("close", () => agent.destroy());
  return (req, res) => send(req, res, { agent, ...addressOf(target) });
}

function send(req: Request, res: Response, to: http.RequestOptions): void {
  const upstream = http.request({ ...to, method: req.method, path: req.originalUrl, headers: forwarded(req) });
  upstream.on("response", (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.statusMessage, withoutHops(answer.headers));
    res.flushHeaders(); // the first event of a stream may be long in coming
    answer.pipe(res);
    answer.on("error", () => res.destroy());
  });
  upstream.on("error", (error) => {
    // The other side may close an idle connection in the very moment in which it is used again.
    const isStale = upstream.reusedSocket && !res.headersSent && !res.destroyed;
    if (isStale && isRepeatable(req)) send(req, res, { ...to, agent: false });
    else answerForTarget(res, error);
  });
  res.on("close", () => upstream.destroy());
  req.pipe(upstream);
}

const isRepeatable = ({ method, headers }: Request) =>
  (method === "GET" || method === "HEAD") && !headers["content-length"] && !headers["transfer-encoding"];

const addressOf = (target: URL) => ({ host: target.hostname, port: target.port });

function withoutHops(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !hopByHop.has(name)));
}

function forwarded(req: Request): http.OutgoingHttpHeaders {
  const headers: http.OutgoingHttpHeaders = withoutHops(req.headers);
  // A body of unknown length stays chunked.
  if (req.headers["transfer-encoding"]) headers["transfer-encoding"] = "chunked";
  return {
    ...headers,
    "x-forwarded-host": req.headers.host ?? "",
    "x-forwarded-proto": req.protocol,
    "x-forwarded-for": req.socket.remoteAddress ?? "",
  };
}

function answerForTarget(res: Response, error: NodeJS.ErrnoException): void {
  if (res.headersSent || res.destroyed) return void res.destroy();
  const isStarting = error.code === "ECONNREFUSED";
  res
    .status(isStarting ? 503 : 502)
    .set("retry-after", "1")
    .type("text/plain");
  res.send(isStarting ? "The web server is not up yet. Reload in a moment.\n" : "The web server broke off its answer.\n");
}

function passUpgrade(target: URL, req: http.IncomingMessage, socket: Duplex, head: Buffer): void {
  const upstream = http.request({ ...addressOf(target), method: req.method, path: req.url, headers: req.headers });
  socket.on("error", () => upstream.destroy());
  upstream.on("upgrade", (answer, peer, peerHead) => {
    const lines = answer.rawHeaders.reduce((text, part, i) => text + part + (i % 2 ? "\r\n" : ": "), "");
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines}\r\n`);
    if (peerHead.length) socket.write(peerHead);
    if (head.length) peer.write(head);
    peer.pipe(socket).pipe(peer);
    for (const [one, other] of [
      [peer, socket],
      [socket, peer],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  });
  upstream.on("response", (answer) => {
    socket.end(`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\nconnection: close\r\n\r\n`);
    answer.resume();
  });
  upstream.on("error", () => socket.destroy());
  upstream.end();
}
