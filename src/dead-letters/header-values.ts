import { bytesOfText, textOfBytes } from '../core/byte-text.js';

const INT32_BYTES = 4;
const INT64_BYTES = 8;

/** A number as Spring Kafka writes it: `ByteBuffer.putInt`, big-endian. */
export function int32Text(value: number): string {
  const bytes = Buffer.alloc(INT32_BYTES);
  bytes.writeInt32BE(value);
  return textOfBytes(bytes);
}

/** A number as Spring Kafka writes it: `ByteBuffer.putLong`, big-endian. */
export function int64Text(value: number): string {
  const bytes = Buffer.alloc(INT64_BYTES);
  bytes.writeBigInt64BE(BigInt(value));
  return textOfBytes(bytes);
}

/**
 * Reads a number of a dead letter's header: Spring Kafka's bytes, or the decimal text that Millrace wrote before. Digits
 * are never Spring's: as bytes, four of them would be a partition above 800 million, and eight an offset above 3·10¹⁸.
 * @returns `undefined` for anything else, and for a number that is not exact
 */
export function readInteger(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^-?\d{1,16}$/.test(text)) return exact(Number(text));
  const bytes = bytesOfText(text);
  if (bytes.length === INT32_BYTES) return bytes.readInt32BE();
  if (bytes.length === INT64_BYTES) return exact(Number(bytes.readBigInt64BE()));
  return undefined;
}

const exact = (value: number): number | undefined => (Number.isSafeInteger(value) ? value : undefined);
