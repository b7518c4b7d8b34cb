export const FILE: string;
export const CONFIG: Readonly<Record<string, unknown>>;
export const PLUGINS: readonly string[];
export function typesOf(sdl: string): Promise<string>;
export function schemaTypes(): Promise<string>;
