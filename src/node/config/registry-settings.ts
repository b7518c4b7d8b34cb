import { certificates, privateKey } from './pem.js';
import { flag, text, type Variable } from './variable.js';

/** Where the schema registry is: for topics whose values are Avro, Protobuf or JSON with a schema. */
export const REGISTRY_SETTINGS = {
  SCHEMA_REGISTRY_URL: {
    about:
      "The schema registry, with Confluent's API, for topics with `value: AVRO`, `PROTOBUF` or `JSON_SCHEMA`; Apicurio's is at /apis/ccompat/v7",
    allowed: 'an http or https URL without user and password',
    schema: text.refine(isPlainUrl).optional(),
  },
  SCHEMA_REGISTRY_BASIC_AUTH_USER_INFO: {
    about: 'The user and password for the schema registry, or the key and secret of an API key',
    allowed: 'user:password',
    schema: text.regex(/^[^:]+:.+$/s).optional(),
    secret: true,
    reread: true,
  },
  SCHEMA_REGISTRY_AUTO_REGISTER: flag(
    false,
    "Whether publishing to a subject without any schema registers one, made from the topic's GraphQL types; later versions are yours",
  ),
  SCHEMA_REGISTRY_SSL_CA: {
    about: "The certificates, in PEM, that sign the registry's; when unset, those that Node trusts",
    allowed: 'one or more certificates in PEM',
    schema: certificates.optional(),
    file: true,
    reread: true,
  },
  SCHEMA_REGISTRY_SSL_CERTIFICATE: {
    about: "This process's certificate in PEM, with its chain, for a registry that asks for one (mutual TLS)",
    allowed: 'one or more certificates in PEM',
    schema: certificates.optional(),
    file: true,
    reread: true,
  },
  SCHEMA_REGISTRY_SSL_KEY: {
    about: 'The private key of that certificate, in PEM',
    allowed: 'a private key in PEM',
    schema: privateKey.optional(),
    secret: true,
    reread: true,
  },
  SCHEMA_REGISTRY_SSL_KEY_PASSWORD: {
    about: 'The password of that key, if it is encrypted',
    allowed: 'a text',
    schema: text.optional(),
    secret: true,
    reread: true,
  },
} satisfies Record<string, Variable<unknown>>;

function isPlainUrl(value: string): boolean {
  return /^https?:\/\/\S+$/.test(value) && URL.canParse(value) && new URL(value).username === '';
}
