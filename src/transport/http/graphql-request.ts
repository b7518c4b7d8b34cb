import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { MillraceError } from '../../core/errors.js';
import { parseJson, parseJsonText } from '../../core/exact-json.js';
import type { OperationRequest } from '../../operation/request.js';
import { toOperationRequest } from '../operation-request.js';
import { searchOf } from './request-target.js';

/**
 * The GraphQL request in a POST's body or a GET's query string.
 * @param body of a POST
 * @throws {MillraceError} BAD_REQUEST when it is none
 */
export function graphQLRequestOf(request: IncomingMessage, body: Buffer): OperationRequest {
  return request.method === 'GET' ? ofQuery(searchOf(request)) : ofBody(body);
}

function ofBody(body: Buffer): OperationRequest {
  if (body.length === 0) throw bad('The body is empty: a POST needs a GraphQL request in JSON.');
  // Invalid bytes would all become U+FFFD, and different keys the same one.
  if (!isUtf8(body)) throw bad('The body is not UTF-8.');
  return toOperationRequest(parsed(() => parseJson(body), 'the body'));
}

/** Variables and extensions are JSON text. */
function ofQuery(search: URLSearchParams | undefined): OperationRequest {
  if (search === undefined) throw bad('The query string is not UTF-8.');
  const jsonOf = (name: string): unknown => {
    const text = parameterOf(search, name);
    return text === undefined ? undefined : parsed(() => parseJsonText(text), `\`${name}\``);
  };
  return toOperationRequest({
    query: parameterOf(search, 'query'),
    operationName: parameterOf(search, 'operationName'),
    variables: jsonOf('variables'),
    extensions: jsonOf('extensions'),
  });
}

/** A repeated parameter counts once while its values are equal. An empty one is as if left out. */
function parameterOf(search: URLSearchParams, name: string): string | undefined {
  const [value, ...others] = new Set(search.getAll(name).filter((one) => one !== ''));
  if (others.length > 0) throw bad(`\`${name}\` is given ${others.length + 1} times, with different values.`);
  return value;
}

/** @param what names the text in the message of the error */
function parsed(parse: () => unknown, what: string): unknown {
  try {
    return parse();
  } catch (cause) {
    throw new MillraceError('BAD_REQUEST', `Invalid JSON in ${what}.`, { cause });
  }
}

const bad = (message: string): MillraceError => new MillraceError('BAD_REQUEST', message);
