import fs from "node:fs";
import net from "node:net";

export const localHost = "127.0.0.1";

/** A port nobody listens on now. Another program may take it before its user does: callers fail clearly then. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().once("error", reject);
    probe.listen(0, localHost, () => {
      const { port } = probe.address() as net.AddressInfo;
      probe.close(() => resolve(port));
    });
  });
}

export function isFree(port: number, host = localHost): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const probe = net.createServer().once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else if (error.code === "EACCES")
        reject(new Error(`Port ${port} needs rights that this account lacks. Choose one above 1023.`));
      else reject(error);
    });
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}

/** True when something accepts connections on the port. */
export function isAnswering(port: number, host = localHost): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, host);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

/** "node (process 4711)" for the program that listens on the port, as far as this account may see it. */
export function listenerOn(port: number): string {
  const inode = listeningInode(port);
  if (!inode) return "another program";
  for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const holds = fs.readdirSync(`/proc/${pid}/fd`).some((fd) => readLink(`/proc/${pid}/fd/${fd}`) === `socket:[${inode}]`);
      if (holds) return `${fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim()} (process ${pid})`;
    } catch {
      // gone meanwhile, or not ours to look at
    }
  }
  return "another program";
}

function readLink(link: string): string | null {
  try {
    return fs.readlinkSync(link);
  } catch {
    return null;
  }
}

/** Linux only; elsewhere null. State 0A is LISTEN, the port is in hex. */
function listeningInode(port: number): string | null {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    if (!fs.existsSync(table)) continue;
    for (const line of fs.readFileSync(table, "utf8").split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      if (fields[1]?.endsWith(suffix) && fields[3] === "0A") return fields[9] ?? null;
    }
  }
  return null;
}
