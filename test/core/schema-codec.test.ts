import { JSON_CODEC } from '../../src/core/schema-codec.js';
import { schemaCodecContract } from '../contract/schema-codec.js';
import { framed } from '../support/framed-codec.js';

schemaCodecContract('JSON', JSON_CODEC, Buffer.from('no JSON'));
schemaCodecContract('one with numbers of schemas', framed, Buffer.from('{}'));
