interface Located {
  path: readonly string[];
}

/** Where a fault lies: `recipe` in front is dropped, since the form is the recipe. */
function placeOf(fault: Located): readonly string[] {
  return fault.path[0] === "recipe" || fault.path[0] === "input" ? placeOf({ path: fault.path.slice(1) }) : fault.path;
}

/** The first fault at a field of the form or inside its value: ["parents", "1", "density"] finds parents.1.density.0 as well. */
export function faultAt<F extends Located>(faults: readonly F[], field: readonly string[]): F | undefined {
  return faults.find((fault) => field.every((part, i) => placeOf(fault)[i] === part));
}

/** Id of the form's control for a place of a recipe. */
export const fieldId = (field: readonly string[]): string => `at-${field.join("-")}`;

/** Ids under which the control of a fault may be found, the nearest first. */
export function fieldIdsOf(fault: Located): string[] {
  const place = placeOf(fault);
  return place.map((_, i) => fieldId(place.slice(0, place.length - i)));
}

/** "parents › 2 › weight", counted from one as people do. */
export function placeWords(fault: Located): string {
  return placeOf(fault)
    .map((part) => (/^\d+$/.test(part) ? String(Number(part) + 1) : part))
    .join(" › ");
}
