import path from "node:path";

/**
 * A message about files of a run, their paths counted from the folder of one attempt: users cannot open the server's folders, and need not know them.
 * @param folder of the run; below it every attempt has one of its own
 */
export const hideScratch = (message: string, folder: string): string =>
  message
    .split(`${folder}${path.sep}`)
    .map((part, i) => (i === 0 ? part : part.slice(part.indexOf(path.sep) + 1)))
    .join("");
