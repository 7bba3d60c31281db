interface Located {
  path: readonly string[];
}

/** Where a fault lies: `recipe` in front is dropped, since the form is the recipe. */
function placeOf(fault: Located): readonly string[] {
  return fault.path[0] === "recipe" || fault.path[0] === "input" ? placeOf({ path: fault.path.slice(1) }) : fault.path;
}

/** Whether a fault is about one parent's row. */
export function isAboutParent(fault: Located, index: number): boolean {
  const place = placeOf(fault);
  return place[0] === "parents" && place[1] === String(index);
}

/** "parents › 2 › weight", counted from one as people do. */
export function placeWords(fault: Located): string {
  return placeOf(fault)
    .map((part) => (/^\d+$/.test(part) ? String(Number(part) + 1) : part))
    .join(" › ");
}
