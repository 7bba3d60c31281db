import { afterEach, beforeEach, expect, test } from "vitest";
import { freshDatabase } from "../../../../tests/support/index.ts";
import { type Notifications, openNotifications } from "./notifications.ts";

let one: Notifications;
let other: Notifications;

beforeEach(async () => {
  const url = await freshDatabase();
  [one, other] = await Promise.all([openNotifications(url), openNotifications(url)]);
});

afterEach(async () => {
  await one.close();
  await other.close();
});

test("a payload reaches every process that listens to its channel, in order, and no other channel", async () => {
  const heard: string[] = [];
  const done = new Promise<void>((resolve) => {
    void other.subscribe("run changed", (payload) => {
      heard.push(`${payload}`);
      if (payload === "last") resolve();
    });
  });
  await other.subscribe("elsewhere", (payload) => void heard.push(`wrong ${payload}`));
  for (const payload of ["first", "second", "last"]) await one.publish("run changed", payload);
  await done;
  expect(heard).toEqual(["first", "second", "last"]);
});

test("after leaving nothing more is heard, and the channel can be joined again", async () => {
  const heard: string[] = [];
  const leave = await other.subscribe("run", (payload) => void heard.push(`before ${payload}`));
  leave();
  const again = new Promise((resolve) => void other.subscribe("run", resolve).then(() => one.publish("run", "1")));
  expect(await again).toBe("1");
  expect(heard).toEqual([]);
});

test("a stream begins with a look at the rows and ends when its reader goes", async () => {
  const leaving = new AbortController();
  const seen: (string | null)[] = [];
  for await (const payload of other.stream("run", leaving.signal)) {
    seen.push(payload);
    if (payload === null) await one.publish("run", "7");
    else leaving.abort();
  }
  expect(seen).toEqual([null, "7"]);
});

test("a stream whose reader goes while it waits ends, too", async () => {
  const leaving = new AbortController();
  const stream = other.stream("run", leaving.signal);
  await stream.next();
  const waiting = stream.next();
  leaving.abort();
  expect(await waiting).toEqual({ done: true, value: undefined });
});
