/** The CloudEvents `source` of what mutations publish. */
export const GATEWAY_SOURCE = '/gateway';

/** The CloudEvents `source` of what a service publishes. */
export const serviceSource = (service: string): string => `/services/${service}`;
