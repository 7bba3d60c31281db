import { describe, expect, test } from "vitest";
import { ArrayPool } from "./array-pool.ts";

describe("a pool of arrays", () => {
  test("gives memory back to an array of about the same length", () => {
    const pool = new ArrayPool(1 << 30);
    const first = pool.allocate(10_000);
    pool.release(first);
    expect(pool.bytes).toBeGreaterThanOrEqual(40_000);
    const second = pool.allocate(9_900);
    expect(second.buffer).toBe(first.buffer);
    expect(second).toHaveLength(9_900);
    expect(pool.bytes).toBe(0);
  });

  test("never hands the same memory out twice", () => {
    const pool = new ArrayPool(1 << 30);
    pool.release(pool.allocate(10_000));
    expect(pool.allocate(10_000).buffer).not.toBe(pool.allocate(10_000).buffer);
  });

  test.each([4096, 5000, 65_535, 65_536, 65_537, 1_000_003])("wastes at most an eighth on %i", (length) => {
    const { buffer } = new ArrayPool(0).allocate(length);
    expect(buffer.byteLength).toBeGreaterThanOrEqual(length * 4);
    expect(buffer.byteLength).toBeLessThanOrEqual(length * 4 * 1.125);
  });

  test("stays below its limit, and gives up what was used longest ago", () => {
    const pool = new ArrayPool(200_000);
    const [old, young, next] = [10_000, 20_000, 30_000].map((length) => pool.allocate(length));
    for (const array of [old, young, next]) if (array !== undefined) pool.release(array);
    expect(pool.bytes).toBeLessThanOrEqual(200_000);
    expect(pool.allocate(10_000).buffer).not.toBe(old?.buffer);
    expect(pool.allocate(30_000).buffer).toBe(next?.buffer);
  });

  test("keeps nothing small", () => {
    const pool = new ArrayPool(1 << 30);
    pool.release(pool.allocate(100));
    expect(pool.bytes).toBe(0);
  });
});
