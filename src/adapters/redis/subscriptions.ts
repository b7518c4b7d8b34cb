/** Receives what is published on one channel. */
export interface ChannelListener {
  message(bytes: Buffer): void;
  /** The connection was lost and is back, and Redis has acknowledged the channel again. */
  resumed(): void;
}

/** Subscriptions to channels of Redis. */
export interface Subscriptions extends AsyncDisposable {
  publish(channel: string, message: Buffer): Promise<void>;
  /**
   * Subscribes to a channel, and resolves once Redis has acknowledged it (D2).
   * @throws {MillraceError} FANOUT_UNAVAILABLE without an acknowledgement within `ANSWER_TIMEOUT_MS`
   */
  add(channel: string, listener: ChannelListener): Promise<AsyncDisposable>;
}
