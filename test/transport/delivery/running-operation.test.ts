import type { GraphQLFormattedError } from 'graphql';
import { describe, expect, it } from 'vitest';
import { type OperationOutput, RunningOperation } from '../../../src/transport/delivery/running-operation.js';

class FakeOutput implements OperationOutput {
  readonly sent: unknown[] = [];
  readonly readsPositions = true;
  accepts = true;

  next(_result: unknown, tag: string): boolean {
    if (this.accepts) this.sent.push(tag);
    return this.accepts;
  }

  position(cursor: string, tag: string, behind: number): boolean {
    if (this.accepts) this.sent.push(`${cursor}${tag} ${behind}`);
    return this.accepts;
  }

  result(json: string): void {
    this.sent.push(json);
  }

  error(errors: readonly GraphQLFormattedError[]): void {
    this.sent.push(errors);
  }

  complete(): void {
    this.sent.push('complete');
  }
}

function running() {
  const output = new FakeOutput();
  const operation = new RunningOperation(output);
  const calls: string[] = [];
  const subscription = {
    onDrained: () => void calls.push('drained'),
    renew: () => void calls.push('renew'),
    close: () => void calls.push('close'),
  };
  return { output, operation, subscription, calls };
}

const RESULT = { head: Buffer.alloc(0), cursor: '' };

describe('RunningOperation', () => {
  it.each<[string, (operation: RunningOperation) => void, unknown[]]>([
    ['complete', (operation) => operation.complete(), ['complete']],
    ['result', (operation) => operation.result('{}'), ['{}']],
    ['error', (operation) => operation.error([{ message: 'no' }]), [[{ message: 'no' }]]],
    ['cancel', (operation) => operation.cancel(), []],
  ])('sends nothing after %s', (_, end, sent) => {
    const { operation, output } = running();
    end(operation);
    expect(operation.next(RESULT, 'late')).toBe(true);
    expect(operation.nextAll([RESULT], 'late')).toBe(true);
    operation.result('late');
    operation.error([]);
    operation.complete();
    expect(output.sent).toEqual(sent);
    expect(operation.isRunning).toBe(false);
  });

  it('closes its subscription and aborts its signal once it is cancelled, before or after they exist', () => {
    const before = running();
    before.operation.attach(before.subscription);
    const { signal } = before.operation;
    expect(signal.aborted).toBe(false);
    before.operation.cancel();
    before.operation.cancel();
    expect(before.calls).toEqual(['close']);
    expect(signal.aborted).toBe(true);

    const after = running();
    after.operation.cancel();
    after.operation.attach(after.subscription);
    expect(after.calls).toEqual(['close']);
    expect(after.operation.signal.aborted).toBe(true);
  });

  it('does not abort its signal when it has ended by itself', () => {
    const { operation } = running();
    operation.complete();
    operation.cancel();
    expect(operation.signal.aborted).toBe(false);
  });

  it('D8 passes drained on only after a refused result', () => {
    const { operation, output, subscription, calls } = running();
    operation.attach(subscription);
    operation.next(RESULT, 'accepted');
    operation.onDrained();
    expect(calls).toEqual([]);
    output.accepts = false;
    expect(operation.next(RESULT, 'refused')).toBe(false);
    expect(operation.hasRefused).toBe(true);
    operation.onDrained();
    operation.onDrained();
    expect(calls).toEqual(['drained']);
  });
});
