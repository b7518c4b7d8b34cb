/** The document with the table of tests as they are now. */
export function withTable(document: string): string;
