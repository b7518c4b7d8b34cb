import { Anchor } from '@mantine/core';
import { useSession } from './session.js';

/** For staff: the console shows every event that followed from the order. It is another application of the same gateway. */
export function TraceLink({ id }: { readonly id: string }) {
  const { isStaff } = useSession();
  if (!isStaff) return null;
  return (
    <Anchor href={`/console/life?id=${encodeURIComponent(id)}`} size="sm">
      What happened inside
    </Anchor>
  );
}
