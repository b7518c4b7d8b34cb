import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { mskTokens } from '../../../../src/adapters/kafka/security/msk-iam.js';

describe('tokens of AWS MSK', () => {
  it('are signed requests to connect to a cluster of the region, valid for 15 minutes', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'example');
    onTestFinished(() => void vi.unstubAllEnvs());
    const { value, expiresAt = 0 } = await (await mskTokens('eu-central-1'))();
    const url = new URL(Buffer.from(value, 'base64url').toString());
    expect(url.host).toBe('kafka.eu-central-1.amazonaws.com');
    expect(url.searchParams.get('Action')).toBe('kafka-cluster:Connect');
    expect(url.searchParams.get('X-Amz-Credential')).toMatch(
      /^AKIAEXAMPLE\/\d{8}\/eu-central-1\/kafka-cluster\//,
    );
    expect(url.searchParams.get('X-Amz-Signature')).toMatch(/^[\da-f]{64}$/);
    expect(expiresAt - Date.now()).toBeGreaterThan(800_000);
  });
});
