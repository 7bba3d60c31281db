import { cache } from "react";
import { load } from "../../lib/load.ts";
import { VersionHeadDocument } from "./version-documents.ts";

/** The layout and the tab ask for the same head; one request answers both. */
export const loadHead = cache((ref: string) => load(VersionHeadDocument, { ref }));
