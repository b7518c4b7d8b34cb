import { NavLink } from '@mantine/core';
import { Terminal } from 'lucide-react';

/** GraphiQL is a page of its own, which the gateway may have switched off: it writes the address into this page. */
export function GraphiQLLink() {
  const address = document.querySelector<HTMLMetaElement>('meta[name="graphiql"]')?.content;
  if (address === undefined) return null;
  return <NavLink href={address} label="GraphiQL" leftSection={<Terminal size={18} aria-hidden />} />;
}
