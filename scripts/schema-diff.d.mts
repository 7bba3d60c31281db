export function schemaDiff(databaseUrl: string, schemaDir?: string): Promise<string>;
