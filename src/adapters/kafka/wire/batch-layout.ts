/**
 * A record batch, format 2: where the fields of its header are, in bytes from the start of the batch.
 * @see https://kafka.apache.org/documentation/#recordbatch
 */
export const BATCH_HEADER_BYTES = 61;
export const LENGTH_AT = 8;
/** The length counts the bytes after it. */
export const LENGTH_END = LENGTH_AT + 4;
export const MAGIC_AT = 16;
export const CRC_AT = 17;
/** The checksum covers the batch from here on. */
export const ATTRIBUTES_AT = 21;
export const LAST_OFFSET_DELTA_AT = 23;
export const FIRST_TIMESTAMP_AT = 27;
export const MAX_TIMESTAMP_AT = 35;
export const PRODUCER_ID_AT = 43;
export const PRODUCER_EPOCH_AT = 51;
export const FIRST_SEQUENCE_AT = 53;
export const COUNT_AT = 57;

/** Bits of the attributes. */
export const CODEC_MASK = 0x07;
export const LOG_APPEND_TIME = 0x08;
export const TRANSACTIONAL = 0x10;
export const CONTROL = 0x20;
