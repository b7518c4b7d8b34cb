import { type DocumentNode, GraphQLError, type GraphQLFormattedError, getOperationAST, Kind } from 'graphql';
import { ERRORS, type ErrorCode, MillraceError } from './errors.js';

/**
 * Receives each failure that the client sees only as `INTERNAL`, so that its cause is not lost.
 * `observe/internal-errors.ts` makes one that writes to the log and counts.
 * @param path the field that failed, where it was one
 * @param of the operation that failed, where it was one
 */
export type ReportInternal = (cause: unknown, path?: GraphQLError['path'], of?: FailedOperation) => void;

/** What finds an operation again: in the client's code, among its traces, and among the events that it published. */
export interface FailedOperation {
  readonly operation: string | undefined;
  readonly traceId: string | undefined;
  readonly correlationId: string | undefined;
}

/** S4: clients choose the names of their operations. */
const MAX_OPERATION_NAME_CHARS = 128;

/**
 * `report`, for the failures of one operation of a document. Made where one has failed: most operations do not.
 * @param trace its caller's `traceparent` (W3C Trace Context), and the correlation id of its events
 */
export function reportOf(
  report: ReportInternal,
  {
    document,
    operationName,
  }: { readonly document: DocumentNode; readonly operationName?: string | undefined },
  {
    traceparent,
    correlationId,
  }: { readonly traceparent?: string | undefined; readonly correlationId?: string | undefined },
): ReportInternal {
  const operation = getOperationAST(document, operationName)?.name?.value;
  return (cause, path) =>
    report(cause, path, {
      operation: operation?.slice(0, MAX_OPERATION_NAME_CHARS),
      traceId: traceparent?.split('-')[1],
      correlationId,
    });
}

/**
 * What a client sees of an error. Every transport and every operation asks here, so that no path leaks what
 * another one hides.
 *
 * | error                                                     | the client sees                         |
 * |-----------------------------------------------------------|-----------------------------------------|
 * | `MillraceError`, thrown directly or by a field            | its message, code, `retry` and details  |
 * | a GraphQL error of the request (syntax, validation, value)| its message, `BAD_REQUEST`              |
 * | a GraphQL error of a field, with a code of the project's  | its message, its code and `retry`       |
 * | a field that refuses an argument                          | its message, `BAD_REQUEST`              |
 * | anything else: a resolver threw, an answer has no type    | `INTERNAL` and `internal`; `report` gets the cause |
 *
 * @param internal the message in place of one that is not meant for clients
 */
export function clientError(
  error: unknown,
  report: ReportInternal,
  internal = 'This request failed.',
): GraphQLError {
  if (error instanceof MillraceError) return new GraphQLError(error.message, { originalError: error });
  if (error instanceof GraphQLError) return executionError(error, report);
  report(error);
  return internalError(internal);
}

/** The same, in the form that goes over the wire. */
export function formattedError(
  error: unknown,
  report: ReportInternal,
  internal?: string,
): GraphQLFormattedError {
  return clientError(error, report, internal).toJSON();
}

function executionError(error: GraphQLError, report: ReportInternal): GraphQLError {
  const { originalError, path, nodes, message } = error;
  if (originalError instanceof MillraceError) return error;
  // Without a path the error is not a field's: the document is at fault, or a scalar refused a value of the request.
  if (path === undefined) return withCode(error);
  // Compared by name: a project may have its own copy of graphql, whose errors are instances of another class.
  const isProjectError = originalError === undefined || originalError.name === 'GraphQLError';
  if (isProjectError && typeof error.extensions['code'] === 'string') return withCode(error);
  // graphql-js names an argument's node where the request is at fault, and only fields where the answer is.
  if (isProjectError && nodes?.some(({ kind }) => kind !== Kind.FIELD)) {
    return new GraphQLError(message, { nodes, path, extensions: { code: 'BAD_REQUEST', retry: false } });
  }
  report(originalError ?? error, path);
  return internalError('This field failed.', error);
}

/** Every error has a code, and says whether to retry. What the error says of it itself counts. */
function withCode(error: GraphQLError): GraphQLError {
  const { extensions } = error;
  if (typeof extensions['code'] === 'string' && typeof extensions['retry'] === 'boolean') return error;
  const { message, nodes = null, source = null, positions = null, path = null } = error;
  const given = { code: 'BAD_REQUEST', retry: false, ...extensions };
  return new GraphQLError(message, { nodes, source, positions, path, extensions: given });
}

function internalError(message: string, at?: GraphQLError): GraphQLError {
  return new GraphQLError(message, {
    nodes: at?.nodes ?? null,
    path: at?.path ?? null,
    extensions: { code: 'INTERNAL', retry: false },
  });
}

/** C4: the code of an error, for a metric's label. A project may choose any, so those that the table does not have are one. */
export function knownCode(error: GraphQLFormattedError | undefined): ErrorCode | 'other' {
  const code = error?.extensions?.['code'];
  // The comparison with the table's own keys proves the cast.
  return typeof code === 'string' && Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'other';
}
