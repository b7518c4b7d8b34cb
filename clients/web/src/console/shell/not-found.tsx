import { Anchor, EmptyState } from '@mantine/core';
import { Link } from 'wouter';
import { Page } from './page';

export function NotFound() {
  return (
    <Page title="No such page" about="The console has no page at this address.">
      <EmptyState
        title="Nothing is here"
        description={
          <>
            The address may be misspelt, or belong to another version.{' '}
            <Anchor component={Link} href="/">
              Go to the overview
            </Anchor>
            .
          </>
        }
      />
    </Page>
  );
}
