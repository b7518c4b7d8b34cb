/** S4: the longest id of an operation. Every operation keeps its id, and each of its results repeats it. */
export const MAX_ID_CHARACTERS = 256;
