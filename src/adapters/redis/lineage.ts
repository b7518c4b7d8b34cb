/** What INFO says of a server's replication. */
export interface Replication {
  /** Identifies the data of a master: a replica that is promoted gets a new one. */
  readonly id: string;
  /** The id of the master whose replica it was, before it was promoted. */
  readonly formerId: string;
  /** How many replicas are in step with it. */
  readonly online: number;
}

/** How many replicas must have a value, for it to survive any failover. */
export interface Lineage {
  readonly id: string;
  /** The master that this one has replaced. What is written there is lost. */
  readonly replacedId: string | undefined;
  readonly required: number;
  /** Since when it has fewer replicas, in milliseconds. */
  readonly fewerSince: number | undefined;
}

/**
 * How long a lost replica counts as one that may have been promoted. A Sentinel tells clients of a failover within
 * about three seconds, and a client that has not been told by then is still at the master.
 */
export const FAILOVER_NOTICE_MS = 5_000;

/**
 * D1: a master that was replaced does not know it, and takes writes for seconds. But the replica that was promoted has
 * left it, so it can no longer say that all its replicas have a value.
 *
 * | seen                                      | replicas required                                            |
 * |-------------------------------------------|--------------------------------------------------------------|
 * | the successor of the former master        | those in step now: nobody else can have been promoted        |
 * | the same master, with as many or more     | those                                                        |
 * | the same master, with fewer               | as many as before, for `FAILOVER_NOTICE_MS`; then the fewer  |
 * | another master, or the first              | those in step, or as many as are known elsewhere, if more    |
 *
 * @param known how many replicas it has by another source: the Sentinels, the map of the Cluster
 * @throws {Error} when the server is the one that was replaced
 */
export function observe(
  before: Lineage | undefined,
  seen: Replication,
  known: number,
  nowMs: number,
): Lineage {
  const { id, formerId, online } = seen;
  if (before !== undefined && id === before.replacedId)
    throw new Error('the server was replaced by one of its replicas');
  if (before !== undefined && formerId === before.id)
    return { id, replacedId: before.id, required: online, fewerSince: undefined };
  const isSame = id === before?.id;
  const replacedId = before === undefined || isSame ? before?.replacedId : undefined;
  const required = Math.max(online, isSame ? before.required : known);
  if (online >= required) return { id, replacedId, required, fewerSince: undefined };
  const fewerSince = (isSame ? before.fewerSince : undefined) ?? nowMs;
  if (nowMs - fewerSince >= FAILOVER_NOTICE_MS)
    return { id, replacedId, required: online, fewerSince: undefined };
  return { id, replacedId, required, fewerSince };
}

/**
 * @param info the section `replication` of INFO
 * @throws {Error} when the server is not a master
 */
export function replicationOf(info: string): Replication {
  const fields = new Map(info.split('\r\n').map((line) => splitAt(line, ':')));
  const role = fields.get('role');
  if (role !== 'master') throw new Error(`the server's role is ${role ?? 'unknown'}`);
  const online = [...fields].filter(
    ([name, value]) => /^slave\d+$/.test(name) && value.includes('state=online'),
  );
  return {
    id: fields.get('master_replid') ?? '',
    formerId: fields.get('master_replid2') ?? '',
    online: online.length,
  };
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}
