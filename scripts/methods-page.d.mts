export const pageFile: string;
export function methodsPage(): string;
