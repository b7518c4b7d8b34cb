/** The releases that Millrace supports, newest first. */
export const KAFKA_VERSIONS: readonly string[];
