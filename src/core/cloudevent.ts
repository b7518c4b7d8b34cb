export { decodeRecord, typeOfRecord } from './envelope/decode.js';
export { encodeEvent } from './envelope/encode.js';
export type { Decoded, InvalidKind } from './envelope/envelope.js';
