const cardLimit = 200_000;

/** The card is the README as it stands; its front matter may name the licence. */
export function readCard(readme: string): { card: string; licence: string | null } {
  const card = readme.slice(0, cardLimit).replaceAll("\u0000", "\ufffd");
  const matter = /^---\r?\n([\s\S]{0,20000}?)\r?\n---/.exec(readme)?.[1] ?? "";
  // One line of the front matter is all we take: no YAML parser meets text that a stranger wrote.
  const line = /^licen[sc]e:[ \t]*["']?([A-Za-z0-9][A-Za-z0-9.+ -]{0,99}?)["']?[ \t]*\r?$/m.exec(matter);
  return { card, licence: line?.[1] ?? null };
}
