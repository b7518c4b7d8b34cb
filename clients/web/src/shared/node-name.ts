/** A node by its id, which is chosen at random: the beginning tells nodes apart. */
export const nodeName = (id: string): string => `node ${id.slice(0, 8)}`;
