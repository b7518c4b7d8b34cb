import { Component, type ReactNode } from 'react';
import { Failure } from './failure';
import { PageNotLoaded } from './lazy-page';

interface Props {
  readonly children: ReactNode;
}

/** A page that fails says so, and leaves the others as they are. */
export class ErrorBoundary extends Component<Props, { readonly error: Error | undefined }> {
  override state = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  #retry(error: Error): void {
    if (error instanceof PageNotLoaded) void error.retry();
    else this.setState({ error: undefined });
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    return <Failure title="This page failed." error={error} onRetry={() => this.#retry(error)} />;
  }
}
