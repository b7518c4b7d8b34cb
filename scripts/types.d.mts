export const FILE: string;
export function schemaTypes(): Promise<string>;
