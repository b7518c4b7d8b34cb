const IPV6 = /^\[([0-9a-f:.]+)\]:(\d+)$/i;
const LITERAL_SUFFIX = '.ipv6-literal.net';

/**
 * A bootstrap server as kafkajs can read it. kafkajs splits `host:port` at the first colon, so an IPv6 address is
 * written as the host name `2001-db8--1.ipv6-literal.net`, the notation that UNC paths use. `connectHost` reverts it.
 * @param server `host:port` or `[IPv6]:port`
 */
export function bootstrapAddress(server: string): string {
  const [, address, port] = IPV6.exec(server) ?? [];
  return address === undefined ? server : `${address.replaceAll(':', '-')}${LITERAL_SUFFIX}:${port}`;
}

/** The host to connect to, for a host from `bootstrapAddress` or from the brokers' metadata. */
export function connectHost(host: string): string {
  if (!host.endsWith(LITERAL_SUFFIX)) return host;
  return host.slice(0, -LITERAL_SUFFIX.length).replaceAll('-', ':');
}
