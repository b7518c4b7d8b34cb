/** FIN and the opcode of a text frame (RFC 6455, section 5.2). A server does not mask its frames. */
const TEXT = 0x81;
/** RSV1: the message is compressed (RFC 7692, section 6). */
const COMPRESSED = 0x40;

/**
 * The header of an unfragmented text frame.
 * @param length bytes of the payload
 */
export function textHeader(length: number, compressed = false): Buffer {
  const first = compressed ? TEXT | COMPRESSED : TEXT;
  if (length < 126) return Buffer.from([first, length]);
  if (length < 65_536) {
    const header = Buffer.allocUnsafe(4);
    header[0] = first;
    header[1] = 126;
    header.writeUInt16BE(length, 2);
    return header;
  }
  const header = Buffer.allocUnsafe(10);
  header[0] = first;
  header[1] = 127;
  header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
