/** FIN and the opcode of a text frame (RFC 6455, section 5.2). A server does not mask its frames. */
const TEXT = 0x81;
/** RSV1: the message is compressed (RFC 7692, section 6). */
const COMPRESSED = 0x40;

/**
 * The header of an unfragmented text frame.
 * @param length bytes of the payload
 */
export function textHeader(length: number, compressed = false): Buffer {
  const header = Buffer.allocUnsafe(headerBytes(length));
  writeHeader(header, length, compressed ? TEXT | COMPRESSED : TEXT);
  return header;
}

/** An unfragmented text frame in one buffer. Hot path (bench: mutations). */
export function textFrame(message: string): Buffer {
  const length = Buffer.byteLength(message);
  const at = headerBytes(length);
  const frame = Buffer.allocUnsafe(at + length);
  writeHeader(frame, length, TEXT);
  frame.write(message, at);
  return frame;
}

function headerBytes(length: number): number {
  if (length < 126) return 2;
  return length < 65_536 ? 4 : 10;
}

function writeHeader(frame: Buffer, length: number, first: number): void {
  frame[0] = first;
  if (length < 126) {
    frame[1] = length;
  } else if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
}
