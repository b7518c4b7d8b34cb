import { describe, expect, it } from 'vitest';
import { topicsOfSubscription } from '../../../src/adapters/kafka/inspect/group-requests.js';

/** A subscription as Kafka's clients write it: version, topics, and what later versions add. */
function subscription(topics: readonly string[], count = topics.length): Buffer {
  const head = Buffer.alloc(6);
  head.writeInt16BE(3);
  head.writeInt32BE(count, 2);
  const texts = topics.map((text) => {
    const bytes = Buffer.from(text);
    const size = Buffer.alloc(2);
    size.writeInt16BE(bytes.length);
    return Buffer.concat([size, bytes]);
  });
  return Buffer.concat([head, ...texts]);
}

describe('the topics of a group member', () => {
  it('are read from its subscription, whatever follows them', () => {
    const topics = ['shop.orders', 'grüße'];
    expect(topicsOfSubscription(Buffer.concat([subscription(topics), Buffer.alloc(9)]))).toEqual(topics);
    expect(topicsOfSubscription(subscription([]))).toEqual([]);
  });

  it.each([
    ['no bytes', Buffer.alloc(0)],
    ['too few bytes for a count', Buffer.alloc(5)],
    ['more topics than there are bytes', subscription(['a'], 2 ** 31 - 1)],
    ['a negative count', subscription(['a'], -1)],
    [
      'a name that is longer than the bytes',
      Buffer.concat([subscription([], 1), Buffer.from([127, 255, 97])]),
    ],
    ['a name of negative length', Buffer.concat([subscription([], 1), Buffer.from([255, 255, 97])])],
  ])('are none if a foreign member wrote %s', (_, bytes) => {
    expect(topicsOfSubscription(bytes)).toEqual([]);
  });
});
