/** What a schema of the registry decodes and encodes. */
export interface Serde {
  /** The name of the record or message, such as `com.acme.OrderPlaced`. */
  nameOf(payload: Buffer): string | undefined;
  /** @returns a JSON object, as UTF-8. @throws {Error} that says what is wrong with the payload */
  decode(payload: Buffer): Buffer;
  /**
   * @param type the GraphQL type of the data, where the schema has several records or messages
   * @throws {Error} that says what the schema does not allow
   */
  encode(type: string, json: Buffer): Buffer;
}
