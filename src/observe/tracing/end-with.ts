interface EndableSpan {
  end(): void;
  fail(error: unknown): void;
  failAs(type: string): void;
}

/**
 * Ends spans with `work`.
 * @param failureOf the `error.type` of an answer that is a failure without an error
 */
export async function endWith<T>(
  spans: readonly EndableSpan[],
  work: Promise<T>,
  failureOf?: (answer: T) => string | undefined,
): Promise<T> {
  try {
    const answer = await work;
    const failure = failureOf?.(answer);
    for (const span of spans) {
      if (failure === undefined) span.end();
      else span.failAs(failure);
    }
    return answer;
  } catch (error) {
    for (const span of spans) span.fail(error);
    throw error;
  }
}
