import type { Authenticate } from '../auth/authenticate.js';
import { guarded } from '../auth/guarded.js';
import { jwtVerifier } from '../auth/jwt.js';
import type { Revocations } from '../auth/revocations.js';
import { ANONYMOUS } from '../core/identity.js';
import type { Metrics } from '../observe/metrics.js';
import type { SecurityLog } from '../observe/security-log.js';
import type { WarningThrottle } from '../observe/warning-throttle.js';
import type { Project } from '../project/project.js';
import { type Config, ConfigError } from './config.js';

interface AuthenticationParts {
  readonly metrics: Metrics;
  readonly warnings: WarningThrottle;
  readonly securityLog: SecurityLog;
  readonly revocations: Revocations | undefined;
}

interface Authentication {
  readonly authenticate: Authenticate;
  /** Resolves when tokens can be verified at the moment; absent when nothing outside is needed for it. */
  readonly check?: () => Promise<void>;
}

/**
 * `JWT_*` takes precedence over the project's `authenticate`; without either, everybody is anonymous.
 * @throws {ConfigError} when AUTH_REQUIRED is set and nothing authenticates
 */
export function authentication(
  config: Config,
  project: Project,
  { metrics, warnings, securityLog, revocations }: AuthenticationParts,
): Authentication {
  const { authenticate, check } = chosen(config, project);
  return {
    ...(check !== undefined && { check }),
    authenticate: guarded(authenticate, {
      required: config.AUTH_REQUIRED,
      checkRevoked: revocations && ((identity) => revocations.check(identity)),
      onFailure: (cause) => {
        metrics.problems.inc({ kind: 'authenticate' });
        warnings.report('authenticate', cause, 'credentials cannot be verified; callers are asked to retry');
      },
      onRefused: (reason, message, { headers, remoteAddress }) => {
        const from = { remoteAddress, forwardedFor: headers['x-forwarded-for'] };
        securityLog.refused(reason, 'a caller was refused', { why: message, ...from });
      },
    }),
  };
}

/** Whether callers have credentials that something verifies. */
export function authenticates({ JWT_SECRET, JWT_JWKS_URL }: Config, { authenticate }: Project): boolean {
  return JWT_SECRET !== undefined || JWT_JWKS_URL !== undefined || authenticate !== undefined;
}

function chosen(config: Config, project: Project): Authentication {
  const { JWT_SECRET, JWT_JWKS_URL, JWT_ISSUER, JWT_AUDIENCE } = config;
  if (JWT_SECRET !== undefined || JWT_JWKS_URL !== undefined) {
    const verifier = jwtVerifier({
      secret: JWT_SECRET,
      jwksUrl: JWT_JWKS_URL,
      issuer: JWT_ISSUER,
      audience: JWT_AUDIENCE,
    });
    return JWT_JWKS_URL === undefined ? { authenticate: verifier.authenticate } : verifier;
  }
  if (project.authenticate !== undefined) return { authenticate: project.authenticate };
  if (config.AUTH_REQUIRED) {
    throw new ConfigError(
      'AUTH_REQUIRED is set, but nothing verifies credentials, so every caller would be refused. Set JWT_SECRET or JWT_JWKS_URL, or give the project an `authenticate`.',
    );
  }
  return { authenticate: () => Promise.resolve(ANONYMOUS) };
}
