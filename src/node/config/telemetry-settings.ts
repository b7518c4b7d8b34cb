import { z } from 'zod';
import type { Environment, Variable } from './variable.js';
import { httpUrl, text } from './variable.js';

const SAMPLERS = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;

const protocol = {
  allowed: 'http/protobuf. Collectors take it on port 4318; their gRPC port, 4317, is another one',
  schema: z.literal('http/protobuf').optional(),
};

/**
 * The variables of OpenTelemetry that decide whether spans are exported, and those where a wrong value would silently export
 * nothing. The SDK reads them too, and many more.
 */
export const TELEMETRY_SETTINGS = {
  OTEL_SDK_DISABLED: {
    about: 'Whether tracing is off, whatever else is set (false)',
    allowed: 'true or false',
    schema: z
      .string()
      .regex(/^(true|false)$/i)
      .optional()
      .transform((value) => value?.toLowerCase() === 'true'),
  },
  OTEL_TRACES_EXPORTER: {
    about: 'Whether spans are exported: otlp or none (otlp if an endpoint is set, and otherwise none)',
    allowed: 'otlp or none',
    schema: z.enum(['otlp', 'none']).optional(),
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    about: 'The collector; `/v1/traces` is appended. Setting it switches tracing on (http://localhost:4318)',
    allowed: 'an http or https URL',
    schema: httpUrl.optional(),
  },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: {
    about: 'The same for traces alone, as a whole URL',
    allowed: 'an http or https URL',
    schema: httpUrl.optional(),
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: { about: 'The protocol; only http/protobuf is supported', ...protocol },
  OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: { about: 'The same for traces alone', ...protocol },
  OTEL_TRACES_SAMPLER: {
    about: 'Which traces are recorded (parentbased_always_on: all that the caller does not exclude)',
    allowed: SAMPLERS.join(', '),
    schema: z.enum(SAMPLERS).optional(),
  },
  OTEL_TRACES_SAMPLER_ARG: {
    about: 'The share of traces that traceidratio samplers record, such as 0.01 (1)',
    allowed: 'a number from 0 to 1',
    schema: text
      .refine((value) => Number(value) >= 0 && Number(value) <= 1)
      .transform(Number)
      .optional(),
  },
} satisfies Record<string, Variable<unknown>>;

/** A sampler without its share would record every trace. */
export function telemetryFaults(environment: Environment): string[] {
  const { OTEL_TRACES_SAMPLER: sampler = '', OTEL_TRACES_SAMPLER_ARG: share } = environment;
  if (!sampler.endsWith('traceidratio') || share) return [];
  return [
    `OTEL_TRACES_SAMPLER is ${sampler}, but OTEL_TRACES_SAMPLER_ARG is not set. Set it to a share such as 0.01.`,
  ];
}
