/** Version of the engine, as its package.json says it; written down here so that it is known wherever a build lies. */
export const engineVersion = "0.1.0";
