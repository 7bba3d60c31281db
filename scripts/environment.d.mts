export const howToGetChromium: string;
export const howToGetS3: string;
export function findChromium(): string | null;
export function onPath(name: string): string | null;
export function canStartS3(): boolean;
export function startS3(folder: string): Record<string, string>;
export function stopS3(folder: string): void;
