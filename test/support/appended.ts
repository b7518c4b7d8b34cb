/** An event that a mutation's answer says is in the log. */
export interface Accepted {
  readonly id: string;
  readonly partition: number;
  readonly offset: number;
}

/** The events that a test has published, as far as the answers say. */
export class Appended {
  /** By the event's id. */
  readonly accepted = new Map<string, Accepted>();
  /** Texts of mutations whose outcome nobody knows: their events may be there, once. */
  readonly uncertain = new Set<string>();
  /** The offset of the newest one in each partition. */
  readonly newest = new Map<number, number>();

  accept(event: Accepted): void {
    this.accepted.set(event.id, event);
    const { partition, offset } = event;
    this.newest.set(partition, Math.max(offset, this.newest.get(partition) ?? -1));
  }
}
