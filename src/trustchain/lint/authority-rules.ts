import { keyUsages } from '../ca-certificate.ts';
import { readInside } from '../der-reader.ts';
import { tags } from '../der-writer.ts';
import { oids } from '../fields.ts';
import { decodeConstraints } from '../name-constraints.ts';
import type { Rule } from './view.ts';

const certifies = keyUsages.keyCertSign | keyUsages.cRLSign;
const allowed = certifies | keyUsages.digitalSignature;

/** Rules of roots and intermediates. */
export const authorityRules: readonly Rule[] = [
  {
    name: 'isAuthority',
    source: 'RFC 5280 §4.2.1.9',
    check: (view) => {
      const { value } = view.extension(oids.basicConstraints) ?? {};
      const [flag, length] = readInside(value ?? new Uint8Array(), tags.sequence) ?? [];
      if (flag?.tag !== tags.boolean || flag.content[0] !== 0xff) return 'no CA';
      // The root has the intermediate below it, and that has nobody.
      const wanted = view.kind === 'root' ? 1 : 0;
      const found = length?.tag === tags.integer ? length.content[0] : undefined;
      return found === wanted ? null : `path length ${found}, not ${wanted}`;
    },
  },
  {
    name: 'authorityUsage',
    source: 'RFC 5280 §4.2.1.3, CA/B BR §7.1.2.10.7',
    check: ({ usage }) => {
      if (usage === null || (usage & certifies) !== certifies)
        return 'signs no certificates, lists';
      return (usage & ~allowed) === 0 ? null : 'is for more than signing certificates and answers';
    },
  },
  {
    name: 'confined',
    source: 'RFC 5280 §4.2.1.10',
    check: (view) => {
      const limited = view.extension(oids.nameConstraints);
      if (view.kind === 'root') return limited === undefined ? null : 'the root is confined';
      if (limited === undefined) return 'the intermediate is not';
      return decodeConstraints(limited.value) === null ? 'not readable, or empty' : null;
    },
  },
  {
    name: 'authorityName',
    source: 'RFC 5280 §4.1.2.6',
    check: ({ subject }) =>
      subject?.some(({ type, text }) => type === oids.commonName && text !== '')
        ? null
        : 'a CA has a name with a common name',
  },
];
