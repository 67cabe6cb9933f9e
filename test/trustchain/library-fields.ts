import { OctetString } from '@peculiar/asn1-schema';
import {
  AttributeTypeAndValue,
  AttributeValue,
  Extension,
  Name,
  RelativeDistinguishedName,
} from '@peculiar/asn1-x509';
import { toDer } from '../../src/trustchain/der.ts';

/** A subject with a common name, or the empty one, as a library that is not ours writes it. */
export function subjectName(commonName: string | null): Name {
  if (commonName === null) return new Name([]);
  const value = new AttributeValue({ utf8String: commonName });
  const attribute = new AttributeTypeAndValue({ type: '2.5.4.3', value });
  return new Name([new RelativeDistinguishedName([attribute])]);
}

export function extension(extnID: string, value: object | Uint8Array, critical = false): Extension {
  const der = value instanceof Uint8Array ? value : toDer(value);
  return new Extension({ extnID, critical, extnValue: new OctetString(der) });
}
