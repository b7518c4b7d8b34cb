/** The releases of Node that the unit tests run on, oldest first. */
export const NODE_VERSIONS: readonly string[];
