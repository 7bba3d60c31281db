import { sessionFor, singleNode } from "../session.ts";
import { input, isFloat, override, runSession, SMALL_ELEMENTS, sizeOf } from "./register.ts";

export function registerShape(): void {
  override("Transpose", (call) => {
    const x = input(call, "x");
    const perm = call.attrs["perm"] as readonly number[];
    if (!isFloat(x) || sizeOf(x.shape) < SMALL_ELEMENTS) return null;
    const session = sessionFor(`Transpose ${perm}`, () => singleNode("Transpose", ["a"], { perm: [...perm] }));
    return runSession(
      call.backend,
      session,
      { a: x },
      perm.map((axis) => x.shape[axis] ?? 1),
    );
  });
}
