import type { BearerToken } from '../../../core/sasl.js';

/** Loads the signer of AWS MSK, which is installed only where it is used: it brings the SDK of AWS along, 29 MB. */
export async function mskTokens(region: string): Promise<() => Promise<BearerToken>> {
  const { default: signer } = await import('aws-msk-iam-sasl-signer-js').catch((cause: unknown) => {
    throw new Error(
      'The SASL mechanism AWS_MSK_IAM needs a package that is not installed. Run: npm install aws-msk-iam-sasl-signer-js',
      { cause },
    );
  });
  return async () => {
    const { token: value, expiryTime: expiresAt } = await signer.generateAuthToken({ region });
    return { value, expiresAt };
  };
}
